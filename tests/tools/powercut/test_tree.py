"""A tree of files after a power cut: what names lead to, and what was seen of who made them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.powercut import files
from tools.powercut.log import Cut, Flush, Keep, Mark, Named, Write
from tools.powercut.tree import ROOT, names, plant

if TYPE_CHECKING:
    from pathlib import Path

    from tools.powercut.log import Event

STATE = "folder 1"
MADE = Named(((ROOT, "state", STATE),))
DRAFT = Named(((STATE, "x.new", "file 2"),))
RENAMED = Named(((STATE, "x.new", ""), (STATE, "x", "file 2")))
AGAIN = Named(((STATE, "x.new", "file 3"),))
REPLACED = Named(((STATE, "x.new", ""), (STATE, "x", "file 3")))
EVENTS: list[Event] = [
    *(MADE, DRAFT, Write("file 2", 0, b"old"), Flush("file 2"), RENAMED, Flush(STATE), Mark("old")),
    *(AGAIN, Write("file 3", 0, b"new"), Flush("file 3"), REPLACED),
]


def left(folder: Path, events: list[Event], keep: Keep, seed: int = 0) -> dict[str, bytes]:
    """Return the files that a cut at the end leaves."""
    folder.mkdir(parents=True)
    plant(folder, events, Cut(len(events), keep, seed))
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_tree_has_the_old_file_or_the_new_one_until_its_folder_is_flushed(tmp_path: Path) -> None:
    """A rename is done or not; both are whole, for their contents were flushed."""
    assert left(tmp_path / "none", EVENTS, Keep.NONE) == {"state/x": b"old"}
    assert left(tmp_path / "all", EVENTS, Keep.ALL) == {"state/x": b"new"}
    some = [left(tmp_path / str(seed), EVENTS, Keep.SOME, seed) for seed in range(40)]
    assert {each["state/x"] for each in some} == {b"old", b"new"}
    assert left(tmp_path / "safe", [*EVENTS, Flush(STATE)], Keep.NONE) == {"state/x": b"new"}


def test_tree_has_an_empty_file_where_its_contents_were_not_flushed(tmp_path: Path) -> None:
    """What a name leads to is its folder's; what is in it is not."""
    events = [each for each in EVENTS if each != Flush("file 3")]
    assert left(tmp_path / "x", [*events, Flush(STATE)], Keep.NONE) == {"state/x": b""}


def test_tree_of_two_folders_has_a_file_that_moves_in_one_of_them() -> None:
    """A rename from folder to folder is safe once both were flushed, and never half done before."""
    moved = Named(((STATE, "x", ""), ("folder 9", "y", "file 2")))
    events = [*EVENTS[:7], Named(((ROOT, "cache", "folder 9"),)), moved, Flush(STATE)]
    for seed in range(40):
        found = names(events, Cut(len(events), Keep.SOME, seed))
        assert ((STATE, "x") in found) != (("folder 9", "y") in found)
    assert ("folder 9", "y") in names([*events, Flush("folder 9")], Cut(len(events) + 1, Keep.NONE, 0))


def test_witness_sees_a_durable_write_step_by_step() -> None:
    """A draft is made, written and flushed, then it is renamed, and its folder is flushed; then comes the promise."""
    events = files.recorded("books").events
    first = next(place for place, event in enumerate(events) if isinstance(event, Mark))
    kinds = [type(event).__name__ for event in events[:first]]
    assert kinds == ["Named", "Named", "Write", "Flush", "Named", "Flush"]
