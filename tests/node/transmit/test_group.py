"""A group is worth a commit by count, by size or by age, and never outgrows the memory."""

from __future__ import annotations

from node.transmit.framing import Series
from node.transmit.group import FULL_BYTES, MOST_BYTES, Entry, Group
from node.values import TimeQuality
from tests.node.transmit.worlds import BOOT


def entry(seq: int, size_bytes: int = 10, priority: int = 5) -> Entry:
    """Return a record of a size."""
    series = Series(BOOT, "results", "", TimeQuality.SYNCED, priority, ("x",))
    return Entry(series, seq, 0, bytes(size_bytes))


def filled(count: int, size_bytes: int = 10) -> Group:
    """Return a group of records, every fourth of a low priority."""
    group = Group()
    for seq in range(count):
        group.add(entry(seq, size_bytes, 0 if seq % 4 == 0 else 5), 0.0)
    return group


def test_group_is_full_by_count_or_by_size() -> None:
    """Sixty records, or as many windows as fill a commit, whichever comes first; and not again once it is empty."""
    assert not filled(59).is_full(60)
    assert filled(60).is_full(60)
    large = filled(2, FULL_BYTES // 2)
    assert large.is_full(60)
    large.clear()
    assert not large.is_full(60)


def test_group_has_waited_from_its_first_record_on() -> None:
    """A later record does not begin the wait anew, and an empty group waits for nothing."""
    group = Group()
    assert not group.has_waited(30.0, 1e9)
    group.add(entry(0), 100.0)
    group.add(entry(1), 120.0)
    assert (group.has_waited(30.0, 129.0), group.has_waited(30.0, 130.0)) == (False, True)


def test_group_that_outgrows_the_memory_sheds_the_lowest_priority() -> None:
    """By count and by size; what matters more stays whole, and what went is counted."""
    for group in (filled(100), filled(100, MOST_BYTES // 90)):
        group.bound(90, 4)
        assert sum(each.series.priority == 5 for each in group.entries) == 75
        assert len(group) == 100 - group.shed <= 90
        assert sum(len(each.body) for each in group.entries) <= MOST_BYTES


def test_group_within_its_bounds_sheds_nothing() -> None:
    """At the bound is not beyond it."""
    group = filled(90)
    group.bound(90, 4)
    assert (len(group), group.shed) == (90, 0)
