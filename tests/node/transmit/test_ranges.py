"""Ranges are sets, written shortly."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from node.transmit.ranges import common, count, gaps, ranges_of

SEQS = st.sets(st.integers(0, 60))


def expand(ranges: tuple[tuple[int, int], ...]) -> list[int]:
    """Return every seq of some ranges."""
    return [seq for first, last in ranges for seq in range(first, last + 1)]


@settings(deadline=None, max_examples=60)
@given(SEQS)
def test_ranges_of_any_set_expand_to_it(seqs: set[int]) -> None:
    """Writing a set as ranges loses and adds nothing, and pairs never touch."""
    ranges = ranges_of(sorted(seqs))
    assert expand(ranges) == sorted(seqs)
    assert count(ranges) == len(seqs)
    assert all(one[1] + 1 < other[0] for one, other in pairwise(ranges))


@settings(deadline=None, max_examples=60)
@given(SEQS, SEQS)
def test_common_of_two_sets_is_their_intersection(one: set[int], other: set[int]) -> None:
    """What both hold is what sets say."""
    both = common(ranges_of(sorted(one)), ranges_of(sorted(other)))
    assert expand(both) == sorted(one & other)


@settings(deadline=None, max_examples=60)
@given(SEQS, st.integers(0, 30), st.integers(30, 70))
def test_gaps_of_any_spans_are_their_complement(seqs: set[int], first: int, last: int) -> None:
    """A gap holds what the whole has and no span does."""
    missing = gaps(reversed(ranges_of(sorted(seqs))), (first, last))
    assert expand(missing) == sorted(set(range(first, last + 1)) - seqs)
