"""Gathering windows for one run, on a virtual clock."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.escalate.batcher import Batcher
from gateway.escalate.window import Unsure

MOST, DEADLINE_S = 4, 0.5


def unsure(seq: int, stream: str = "digits", size: int = 3) -> Unsure:
    """Make a window."""
    return Unsure(node="n1", boot_id=b"boot-1", seq=seq, stream=stream, data=np.zeros(size, np.float32))


def test_batch_waits_for_its_first_window_and_no_longer() -> None:
    """Nothing is due before the deadline of the first; then all that came meanwhile goes with it."""
    batcher = Batcher(MOST, DEADLINE_S)
    assert batcher.next_s() is None
    batcher.add(unsure(0), 10.0)
    batcher.add(unsure(1), 10.4)
    assert batcher.next_s() == 10.5
    assert batcher.due(10.49) == []
    assert [[each.seq for each in batch] for batch in batcher.due(10.5)] == [[0, 1]]
    assert len(batcher) == 0


def test_batch_that_is_full_waits_for_nothing() -> None:
    """As many windows as a run takes go at once; the rest waits for its own deadline."""
    batcher = Batcher(MOST, DEADLINE_S)
    for seq in range(MOST + 1):
        batcher.add(unsure(seq), 10.0)
    assert [len(batch) for batch in batcher.due(10.0)] == [MOST]
    assert batcher.next_s() == 10.5


def test_batches_hold_windows_of_one_stream_and_shape() -> None:
    """What one run cannot take together is never put together."""
    batcher = Batcher(MOST, DEADLINE_S)
    for at, each in enumerate((unsure(0), unsure(1, "pump"), unsure(2, size=5), unsure(3))):
        batcher.add(each, float(at))
    assert sorted([each.seq for each in batch] for batch in batcher.due(9.0)) == [[0, 3], [1], [2]]


@settings(deadline=None, max_examples=80)
@given(steps=st.lists(st.tuples(st.floats(0.0, 0.3), st.sampled_from("abc")), max_size=40))
def test_batcher_loses_no_window_and_keeps_none_beyond_its_deadline(steps: list[tuple[float, str]]) -> None:
    """Whatever comes when, each window goes out once, in time, in a batch that is not too large."""
    batcher, now_s = Batcher(MOST, DEADLINE_S), 0.0
    came: dict[int, float] = {}
    gone: dict[int, float] = {}

    def leave(until_s: float) -> None:
        while (next_s := batcher.next_s()) is not None and next_s <= until_s:
            at_s = max(next_s, now_s)
            for batch in batcher.due(at_s):
                assert 1 <= len(batch) <= MOST
                gone.update({each.seq: at_s for each in batch})

    for seq, (pause_s, stream) in enumerate(steps):
        leave(now_s + pause_s)
        now_s += pause_s
        came[seq] = now_s
        batcher.add(unsure(seq, stream), now_s)
    leave(now_s + 1.0)
    assert gone.keys() == came.keys()
    assert all(gone[seq] - came[seq] <= DEADLINE_S + 1e-9 for seq in came)
