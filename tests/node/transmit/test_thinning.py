"""Thinning keeps a coarse picture of the whole."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from node.transmit.thinning import doomed


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 300), st.integers(2, 20))
def test_doomed_of_several_keeps_the_newest_and_no_wide_hole(size: int, keep_every: int) -> None:
    """The newest stays, something always goes, and no n neighbours go together."""
    rows = list(range(size))
    kept = sorted(set(rows) - set(doomed(rows, keep_every)))
    assert kept[-1] == rows[-1]
    assert len(kept) < size
    assert all(after - before == keep_every for before, after in pairwise(kept))
    assert kept[0] < keep_every


def test_doomed_of_one_row_gives_it_up() -> None:
    """When a single row is all that is left to give way, it gives way."""
    assert doomed(["row"], 4) == ["row"]
