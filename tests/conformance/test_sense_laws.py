"""Every sensor under every law; and for every law a broken sensor that it must catch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

import boards
from node.sense import TABLE
from tests.conformance.broken_sensors import MISTAKES, RIGHT
from tests.conformance.laws import PART_LAWS, Part, heavy_after
from tests.conformance.sensors import SENSOR_LAWS, sensors

if TYPE_CHECKING:
    from pathlib import Path

NAMES: Final = sorted({**TABLE, **boards.load_board("sim").sensors})
LAWS: Final = PART_LAWS | SENSOR_LAWS


@pytest.fixture
def parts(tmp_path: Path) -> dict[str, Part]:
    """Every sensor by its name."""
    return {part.name: part for part in sensors(tmp_path)}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", NAMES)
def test_sensor_under_law_holds(name: str, law: str, parts: dict[str, Part]) -> None:
    """A registered sensor, or one that a board brings along, keeps the law."""
    LAWS[law](parts[name])


@pytest.mark.parametrize("law", SENSOR_LAWS)
def test_law_on_its_broken_sensor_fails(law: str) -> None:
    """A law passes the right sensor, and catches the one that is right but for the mistake it is there for."""
    SENSOR_LAWS[law](RIGHT)
    with pytest.raises((AssertionError, ZeroDivisionError)):
        SENSOR_LAWS[law](MISTAKES[law])


def test_sensors_of_scalars_read_import_nothing_heavy(tmp_path: Path) -> None:
    """A sensor that gives no block is built and read without numpy, the ML runtime, paho or SQLite."""
    given = {part.name: dict(part.given) for part in sensors(tmp_path)}
    program = f"""
from pathlib import Path
import boards
from node.options import Reader
from node.sense import TABLE
ports = boards.open_ports("sim", clock="virtual")
for name, given in {given!r}.items():
    table = {{**TABLE, **ports.board.sensors}}
    sensor = Reader(Path()).spec(table, {{"part": name, **given}}, name).build(ports)
    sensor.channels
    if name not in ("bearing", "folder"):
        sensor.read()
"""
    assert heavy_after(program) == set()
