"""Seen: a set, whatever comes in whatever order; and never a guess."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.ingest import dedupe
from gateway.ingest.dedupe import Seen, newest, runs

SEQS = st.lists(st.integers(0, 60) | st.integers(0, 2**63 - 1), max_size=120)


@settings(deadline=None, max_examples=200)
@given(SEQS)
def test_seen_any_order_behaves_as_a_set(seqs: list[int]) -> None:
    """Each number is new exactly once."""
    seen, model = Seen(), set[int]()
    for seq in seqs:
        assert seen.add(seq) is (seq not in model)
        model.add(seq)
    assert seen.ranges == runs(model)
    assert all(seen.holds(seq) for seq in model)


@settings(deadline=None, max_examples=100)
@given(SEQS, SEQS)
def test_seen_kept_and_read_back_goes_on_as_before(first: list[int], then: list[int]) -> None:
    """What is stored of it is all of it."""
    one = Seen()
    for seq in first:
        one.add(seq)
    two = Seen(one.ranges, one.floor)
    assert [one.add(seq) for seq in then] == [two.add(seq) for seq in then]


def test_seen_counting_up_stays_one_run() -> None:
    """A well-behaved node costs one interval."""
    seen = Seen()
    assert all(seen.add(seq) for seq in range(10_000))
    assert seen.ranges == ((0, 9_999),)


def test_seen_too_many_gaps_says_unknown_and_never_seen() -> None:
    """Below the floor the database is asked; a number that never came is not called seen."""
    seen = Seen()
    for seq in range(0, 4 * dedupe.MOST_RUNS, 2):
        seen.add(seq)
    assert len(seen.ranges) == dedupe.MOST_RUNS
    assert seen.add(1) is None
    assert seen.add(0) is None
    assert seen.add(4 * dedupe.MOST_RUNS - 2) is False


@given(st.lists(st.integers(0, 200), max_size=80))
def test_runs_any_numbers_are_ascending_disjoint_and_complete(seqs: list[int]) -> None:
    """Ranges say exactly the numbers, with a gap between neighbours."""
    found = runs(seqs)
    assert {seq for first, last in found for seq in range(first, last + 1)} == set(seqs)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(found))


def test_newest_more_than_wanted_keeps_the_highest() -> None:
    """The oldest ranges matter least."""
    assert newest(((1, 2), (5, 6), (9, 9)), 2) == ((5, 6), (9, 9))
    assert newest(((1, 2),), 2) == ((1, 2),)
