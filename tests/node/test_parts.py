"""How a name becomes a part, the room's own or a guest's."""

from __future__ import annotations

from dataclasses import is_dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

import pytest

from node.parts import Guests, load, params_of

if TYPE_CHECKING:
    from pathlib import Path

HOME: Final = {"always": "node.gate.always:Always", "level": "node.gate.level:Level"}
ROOMS: Final = ("sense", "gate", "preprocess", "infer", "compress")


@pytest.fixture(name="guest")
def _guest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another distribution, installed: it offers a gate of its own, and one under a name that the room uses."""
    info = tmp_path / "farmgates-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: farmgates\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[torpor.gate]\nrain = farmgates.rain:Rain\nalways = farmgates.always:Never\n"
        "[torpor.sense]\ngauge = farmgates.gauge:Gauge\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("guest")
def test_guests_offer_what_the_room_does_not_have() -> None:
    """An installed distribution adds its parts; the room's own names win."""
    table = Guests("gate", HOME)
    assert table["rain"] == "farmgates.rain:Rain"
    assert "rain" in table
    assert table["always"] == HOME["always"]
    assert sorted(table) == ["always", "level", "rain"]
    assert len(table) == 3


def test_guests_unknown_name_is_unknown() -> None:
    """What nobody offers is not there."""
    table = Guests("gate", HOME)
    assert "rain" not in table
    with pytest.raises(KeyError, match="rain"):
        _ = table["rain"]


@pytest.mark.parametrize("room", ROOMS)
def test_tables_are_sorted_and_lead_to_a_part_with_params(room: str) -> None:
    """Every line of every TABLE can be imported, and its options stand beside it."""
    table: dict[str, str] = import_module(f"node.{room}").TABLE
    assert list(table) == sorted(table)
    for target in table.values():
        assert callable(load(target))
        assert is_dataclass(params_of(target))


def test_load_of_a_class_that_is_not_there_says_which() -> None:
    """A wrong target names the module and the class."""
    with pytest.raises(AttributeError, match="Nowhere"):
        load("node.gate.always:Nowhere")
    with pytest.raises(ModuleNotFoundError, match=r"node\.gate\.nowhere"):
        load("node.gate.nowhere:Gate")
