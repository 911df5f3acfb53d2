"""Laws of the window: every row once a hop, whatever the pieces in which they come."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.node.preprocess.made import applied, transform

PIECES = st.lists(st.integers(0, 25), min_size=1, max_size=12)


@settings(deadline=None, max_examples=100)
@given(PIECES, st.integers(1, 20), st.integers(1, 30), st.integers(1, 3))
def test_window_on_any_pieces_cuts_the_whole_stream(pieces: list[int], size: int, hop: int, channels: int) -> None:
    """The windows are those of the unbroken signal: nothing lost between calls, nothing twice."""
    made = transform("window", size=size, hop=hop)
    stream = np.arange(sum(pieces) * channels, dtype=np.float32).reshape(-1, channels)
    parts = np.split(stream, np.cumsum(pieces)[:-1])
    windows = np.concatenate([applied(made, part).reshape(-1, size, channels) for part in parts])
    starts = range(0, len(stream) - size + 1, hop)
    assert len(windows) == len(starts)
    for window, start in zip(windows, starts, strict=True):
        assert np.array_equal(window, stream[start : start + size])


@settings(deadline=None, max_examples=50)
@given(PIECES, st.integers(1, 20))
def test_window_hops_joined_reproduce_the_signal(pieces: list[int], size: int) -> None:
    """Without overlap the windows, end to end, are the signal up to the remainder."""
    made = transform("window", size=size)
    stream = np.random.default_rng(0).normal(size=(sum(pieces), 1)).astype(np.float32)
    windows = [applied(made, part) for part in np.split(stream, np.cumsum(pieces)[:-1])]
    joined = np.concatenate(windows).reshape(-1)
    assert np.array_equal(joined, stream[: len(joined), 0])
    assert len(stream) - len(joined) < size


def test_window_of_stretches_takes_them_as_one_signal() -> None:
    """Blocks that follow one another overlap across their seam."""
    done = applied(transform("window", size=4, hop=2), np.arange(12).reshape(2, 6, 1))
    assert done.tolist() == [[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7], [6, 7, 8, 9], [8, 9, 10, 11]]


def test_window_with_a_channel_more_than_before_is_refused() -> None:
    """A signal does not grow a channel in the middle of a window."""
    made = transform("window", size=4)
    applied(made, np.zeros((3, 2)))
    with pytest.raises(ValueError, match="3 channels after 2"):
        applied(made, np.zeros((3, 3)))
