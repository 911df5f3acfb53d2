"""What a power cut leaves, and where it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from tools.powercut.cuts import drawn
from tools.powercut.log import SECTOR_BYTES, Cut, Flush, Keep, Mark, Resize, Write, left, promised

if TYPE_CHECKING:
    from tools.powercut.log import Event

OLD, NEW = b"old!" * 512, b"new!" * 512
HALF = len(OLD) // 2
EVENTS: list[Event] = [Write("disk", 0, NEW[:HALF]), Flush("disk"), Mark("first half"), Write("disk", HALF, NEW[HALF:])]


def _left(at: int, keep: Keep, seed: int = 0) -> bytes:
    return bytes(left({"disk": OLD}, EVENTS, Cut(at, keep, seed))["disk"])


def test_left_of_what_was_flushed_is_there_however_the_power_goes() -> None:
    """A flush is the one thing that a disk promises."""
    assert all(_left(4, keep, seed)[:HALF] == NEW[:HALF] for keep in Keep for seed in range(20))


def test_left_of_what_was_not_flushed_may_be_there_or_not() -> None:
    """Without a flush the disk may have written it, or none of it."""
    assert _left(4, Keep.NONE) == NEW[:HALF] + OLD[HALF:]
    assert _left(4, Keep.ALL) == NEW
    assert _left(1, Keep.NONE) == OLD


def test_left_of_what_was_not_flushed_is_whole_or_torn_at_a_sector() -> None:
    """Of a long write every share turns up that ends at a sector, and no other."""
    shares = {_left(4, Keep.SOME, seed) for seed in range(400)}
    sectors = range(0, HALF + 1, SECTOR_BYTES)
    assert shares == {NEW[: HALF + share] + OLD[HALF + share :] for share in sectors}


def test_left_of_a_later_write_may_be_there_without_an_earlier_one() -> None:
    """A disk may reorder whatever stands between two flushes."""
    events: list[Event] = [Write("disk", 0, b"a"), Write("disk", 1, b"b")]
    both = {bytes(left({"disk": b"--"}, events, Cut(2, Keep.SOME, seed))["disk"]) for seed in range(100)}
    assert both == {b"--", b"a-", b"-b", b"ab"}


def test_left_of_one_file_is_not_flushed_by_another() -> None:
    """A flush of the log is none of the database."""
    events: list[Event] = [Write("db", 0, b"x"), Write("wal", 0, b"y"), Flush("wal")]
    assert left({}, events, Cut(3, Keep.NONE, 0)) == {"wal": b"y"}


def test_left_of_a_resize_has_the_new_length() -> None:
    """A file is cut short, or made longer by zeros."""
    events: list[Event] = [Resize("wal", 2), Flush("wal"), Resize("wal", 4)]
    assert left({"wal": b"abcdef"}, events, Cut(2, Keep.NONE, 0))["wal"] == b"ab"
    assert left({"wal": b"abcdef"}, events, Cut(3, Keep.ALL, 0))["wal"] == b"ab\0\0"


@given(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=30), st.integers(0, 1000), st.integers(1, 40))
@settings(deadline=None, max_examples=50)
def test_drawn_cuts_are_the_same_for_a_seed_and_lie_in_the_log(events: list[Event], seed: int, count: int) -> None:
    """A cut that found something can be made again."""
    cuts = drawn(events, count, seed)
    assert cuts == drawn(events, count, seed)
    assert len(cuts) == count
    assert all(1 <= cut.at <= len(events) for cut in cuts)
    marks = sum(isinstance(event, Mark) for event in events)
    assert not marks or all(isinstance(events[cut.at - 1], Mark) for cut in cuts[1::2])


def test_promised_before_a_cut_is_what_was_marked_before_it() -> None:
    """A promise counts from its mark on."""
    assert promised(EVENTS, Cut(2, Keep.ALL, 0)) == []
    assert promised(EVENTS, Cut(3, Keep.NONE, 0)) == ["first half"]
