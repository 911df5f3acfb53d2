"""Two places for a model: how often one is begun, and what is known of them after damage."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from node.errors import ModelError
from node.transmit.assembly import Wanted
from node.update.progress import Found
from node.update.slots import MOST_STARTS, Occupancy, Slots
from node.update.terms import Terms

if TYPE_CHECKING:
    from pathlib import Path


def found(version: int = 2) -> Found:
    """Return a model of a few bytes."""
    wanted = Wanted(digest=bytes([version]) * 32, size_bytes=4)
    return Found(model=wanted, golden=wanted, terms=Terms(model="digits", version=version, card=""))


def committed(folder: Path) -> Slots:
    """Have a first model answer."""
    (folder / "source").write_bytes(b"good")
    slots = Slots(folder / "slots")
    slots.install(found(), folder / "source")
    slots.commit(found())
    return slots


def test_model_that_never_answers_is_begun_three_times(tmp_path: Path) -> None:
    """Each start counts before the model is loaded, on disk; after the last one it is given up for good."""
    committed(tmp_path)
    for _ in range(MOST_STARTS):
        assert Slots(tmp_path / "slots").begin("a")
    slots = Slots(tmp_path / "slots")
    assert not slots.begin("a")
    assert slots.order() == [""]
    assert Slots(tmp_path / "slots").now.bad == {"a": "3 starts in a row ended while it was loaded or asked"}


def test_model_that_answers_may_be_begun_for_ever(tmp_path: Path) -> None:
    """What a start has outlived is not held against a model, whatever ends the start after it."""
    committed(tmp_path)
    for _ in range(4 * MOST_STARTS):
        slots = Slots(tmp_path / "slots")
        assert slots.begin("a")
        slots.outlived("a")


@pytest.mark.parametrize("windows", [1, 2, 5])
def test_model_that_ends_each_start_at_the_same_window_is_begun_three_times(tmp_path: Path, windows: int) -> None:
    """The windows before it take back what they counted themselves, and no start that ended before."""
    committed(tmp_path)
    for _ in range(MOST_STARTS):
        slots = Slots(tmp_path / "slots")
        assert slots.begin("a")
        for _ in range(windows):
            slots.outlived("a")
            slots.risk("a")
    assert not Slots(tmp_path / "slots").begin("a")


def test_model_that_is_forgiven_may_end_as_many_starts_again(tmp_path: Path) -> None:
    """Starts count in a row: one that went well begins the row anew."""
    committed(tmp_path)
    for _ in range(2):
        for _ in range(MOST_STARTS):
            slots = Slots(tmp_path / "slots")
            assert slots.begin("a")
        slots.forgive("a")


def test_model_that_moves_in_begins_anew(tmp_path: Path) -> None:
    """Neither starts nor faults of the one that was there before are held against it."""
    slots = committed(tmp_path)
    for _ in range(MOST_STARTS + 1):
        slots.begin("a")
    assert slots.order() == [""]
    slots.install(found(3), tmp_path / "source")
    slots.commit(found(3))
    assert slots.order() == ["a", ""]
    assert slots.begin("a")


def test_commit_done_twice_is_done_once(tmp_path: Path) -> None:
    """A start that finds the commit on disk already goes on; one that lost its slots does not make one up."""
    slots = committed(tmp_path)
    before = slots.now
    slots.commit(found())
    assert slots.now == before
    with pytest.raises(ModelError, match="lost"):
        Slots(tmp_path / "elsewhere").commit(found())


@pytest.mark.parametrize(
    "damage",
    [
        *(b"", b"[]", b'{"active": "c"}', b'{"before": 5}', b'{"candidate": []}', b'{"actve": "a"}'),
        *(b'{"starts": {"a": "x"}}', b'{"starts": []}', b'{"committed": 3}'),
    ],
)
def test_slots_that_cannot_be_read_are_the_factorys_turn(tmp_path: Path, damage: bytes) -> None:
    """Whatever stands in the file, the node has an order to go by."""
    committed(tmp_path)
    (tmp_path / "slots" / "slots.json").write_bytes(damage)
    slots = Slots(tmp_path / "slots")
    assert (slots.now, slots.order()) == (Occupancy(), [""])


def test_model_given_up_on_a_disk_that_refuses_is_given_up_until_the_next_start(tmp_path: Path) -> None:
    """What cannot be written is lived by all the same."""
    slots = committed(tmp_path)
    (tmp_path / "slots" / "slots.json.new").mkdir()
    slots.give_up("a", "broken")
    assert slots.order() == [""]
    assert Slots(tmp_path / "slots").now == replace(slots.now, bad={})
