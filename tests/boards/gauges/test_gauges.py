"""Gauges on folders of fake files and an emulated chip: what they say, and that a failure is a gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from boards.gauges import First, open_gauge
from boards.gauges.kernel import Kernel
from boards.gauges.max17048 import Max17048
from boards.meters import TABLE as METERS
from boards.meters.max17048 import Max17048 as Chip
from boards.meters.max17048 import Params
from boards.sim.cell import Cell as Played
from node.errors import HardwareError
from node.hal import GaugeReading, Scope
from node.options import Spec
from tests.boards.meters.worlds import Cell

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def battery(root: Path, files: Mapping[str, object], name: str = "BAT0") -> Path:
    """Write a battery's files below a root, and return the root."""
    folder = root / "sys/class/power_supply" / name
    folder.mkdir(parents=True)
    for key, value in files.items():
        (folder / key).write_text(f"{value}\n")
    return root


@pytest.mark.parametrize(
    ("files", "reading"),
    [
        (
            {"charge_now": 1_500_000, "charge_full": 2_000_000, "capacity": 12, "voltage_now": 3_900_000},
            GaugeReading(share=0.75, cell_mv=3900.0),
        ),
        ({"energy_now": 1000, "energy_full": 4000, "voltage_now": 11_100_000}, GaugeReading(share=0.25)),
        ({"capacity": 40}, GaugeReading(share=0.4)),
        ({"voltage_now": 3_700_000}, GaugeReading(cell_mv=3700.0)),
    ],
)
def test_kernel_reads_the_finest_share_and_a_single_cell_s_voltage(
    tmp_path: Path, files: Mapping[str, object], reading: GaugeReading
) -> None:
    """Charge or energy before whole per cents; a pack's 11.1 V is no cell's."""
    assert Kernel(battery(tmp_path, {"type": "Battery", **files})).read() == reading


def test_kernel_on_a_machine_without_battery_is_a_gap(tmp_path: Path) -> None:
    """A charger is no battery, and no folder is none either."""
    assert Kernel(tmp_path).read() is None
    assert Kernel(battery(tmp_path, {"type": "Mains", "capacity": 99}, "AC")).read() is None


@pytest.mark.parametrize("files", [{"capacity": ""}, {"charge_now": 5, "charge_full": 0}])
def test_kernel_whose_driver_is_in_trouble_says_so(tmp_path: Path, files: Mapping[str, object]) -> None:
    """An empty file and a battery that holds nothing are no state of charge, and above all not an empty one."""
    with pytest.raises(HardwareError):
        Kernel(battery(tmp_path, {"type": "Battery", **files})).read()


def test_max17048_says_share_and_voltage(tmp_path: Path) -> None:
    """The chip's own registers, as its meter reads them."""
    reading = Max17048(Chip(Params(), Cell(tmp_path).machine)).read()
    assert reading.share == pytest.approx(0.6, abs=1e-4)
    assert reading.cell_mv == pytest.approx(3828.125)


def test_first_gauge_that_answers_is_believed(tmp_path: Path) -> None:
    """A chip that is off its bus and a machine without battery are passed over; with nobody left it is a gap."""
    world = Cell(tmp_path)
    chip = Max17048(Chip(Params(), world.machine))
    gauges = First([chip, Kernel(tmp_path), Played(1e6, 0.5)])
    first = gauges.read()
    assert first is not None
    assert first.cell_mv is not None
    world.breaks()
    assert gauges.read() == GaugeReading(share=0.5)
    assert First([chip, Kernel(tmp_path)]).read() is None


@dataclass(frozen=True)
class Row:
    """What a board's file says of a meter."""

    driver: str
    scope: Scope = "input"
    priority: int = 10
    total: str = ""
    rails: tuple[str, ...] = ()
    rate_hz: float | None = None


def test_open_gauge_asks_a_fuel_gauge_that_is_named_before_the_kernel(tmp_path: Path) -> None:
    """By the board's file or as the operator's meter; where nobody names one, no bus is touched."""
    world = Cell(battery(tmp_path, {"type": "Battery", "capacity": 40}))
    for gauge in (
        open_gauge([Row("max17048")], world.machine),
        open_gauge([], world.machine, Spec("max17048", METERS["max17048"], Params())),
    ):
        reading = gauge.read()
        assert reading is not None
        assert reading.share == pytest.approx(0.6, abs=1e-4)
    world.breaks()
    assert open_gauge([Row("max17048")], world.machine).read() == GaugeReading(share=0.4)
    assert open_gauge([Row("rapl")], world.machine).read() == GaugeReading(share=0.4)
