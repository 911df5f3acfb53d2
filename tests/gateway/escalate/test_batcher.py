"""Gathering windows for one run, on a virtual clock."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.escalate.batcher import Batcher
from gateway.escalate.window import Unsure
from tests.gateway.escalate.windows import window

MOST, DEADLINE_S, ROOM = 4, 0.5, 1000
NODES, STREAMS = "uvwxyz", "abc"


def unsure(seq: int, stream: str = "digits", size: int = 3, node: str = "n1") -> Unsure:
    """Make a window."""
    return Unsure(node=node, raw=window(np.zeros(size), seq, stream))


def drained(batcher: Batcher) -> list[list[Unsure]]:
    """Take every batch, long after all of them were due."""
    return list(iter(lambda: batcher.due(1e6), []))


def test_batch_waits_for_its_first_window_and_no_longer() -> None:
    """Nothing is due before the deadline of the first; then all that came meanwhile goes with it."""
    batcher = Batcher(MOST, DEADLINE_S)
    assert batcher.next_s() is None
    batcher.add(unsure(0), 10.0, ROOM)
    batcher.add(unsure(1), 10.4, ROOM)
    assert batcher.next_s() == 10.5
    assert batcher.due(10.49) == []
    assert [each.seq for each in batcher.due(10.5)] == [0, 1]
    assert len(batcher) == 0


def test_batch_that_is_full_waits_for_nothing() -> None:
    """As many windows as a run takes go at once; the rest waits for its own deadline."""
    batcher = Batcher(MOST, DEADLINE_S)
    for seq in range(MOST + 1):
        batcher.add(unsure(seq), 10.0, ROOM)
    assert len(batcher.due(10.0)) == MOST
    assert batcher.due(10.0) == []
    assert batcher.next_s() == 10.5


def test_batches_hold_windows_of_one_stream_and_shape() -> None:
    """What one run cannot take together is never put together."""
    batcher = Batcher(MOST, DEADLINE_S)
    for at, each in enumerate((unsure(0), unsure(1, "pump"), unsure(2, size=5), unsure(3))):
        batcher.add(each, float(at), ROOM)
    assert sorted([each.seq for each in batch] for batch in drained(batcher)) == [[0, 3], [1], [2]]


@settings(deadline=None, max_examples=80)
@given(steps=st.lists(st.tuples(st.floats(0.0, 0.3), st.sampled_from(STREAMS), st.sampled_from(NODES)), max_size=40))
def test_batcher_loses_no_window_and_keeps_none_beyond_its_deadline(steps: list[tuple[float, str, str]]) -> None:
    """Whatever comes when, each window goes out once, in time, in a batch that is not too large."""
    batcher, now_s = Batcher(MOST, DEADLINE_S), 0.0
    came: dict[int, float] = {}
    gone: dict[int, float] = {}

    def leave(until_s: float) -> None:
        while (next_s := batcher.next_s()) is not None and next_s <= until_s:
            at_s = max(next_s, now_s)
            batch = batcher.due(at_s)
            assert 1 <= len(batch) <= MOST
            assert not gone.keys() & {each.seq for each in batch}
            gone.update({each.seq: at_s for each in batch})

    for seq, (pause_s, stream, node) in enumerate(steps):
        leave(now_s + pause_s)
        now_s += pause_s
        came[seq] = now_s
        assert batcher.add(unsure(seq, stream, node=node), now_s, ROOM) is None
    leave(now_s + 1.0)
    assert gone.keys() == came.keys()
    assert all(gone[seq] - came[seq] <= DEADLINE_S + 1e-9 for seq in came)


class Whoever(Batcher):
    """A batcher that is not fair: the room is whoever's comes first, and so are the batches."""

    def __init__(self, most: int, deadline_s: float) -> None:
        super().__init__(most, deadline_s)
        self._line: list[Unsure] = []

    def add(self, unsure: Unsure, now_s: float, room: int) -> Unsure | None:
        """Take a window in, where there is room."""
        if len(self._line) >= room:
            return unsure
        self._line.append(unsure)
        return None

    def due(self, now_s: float) -> list[Unsure]:
        """Return what can share a run with the first."""
        batch = [each for each in self._line if each.stream == self._line[0].stream][: self._most]
        self._line = [each for each in self._line if each not in batch]
        return batch


def robbed(batcher: Batcher, comers: list[tuple[str, str]], room: int) -> list[str]:
    """Return the nodes that lost a window though they had no more than an equal part of the room."""
    waiting: Counter[str] = Counter()
    found = []
    for seq, (node, stream) in enumerate(comers):
        waiting[node] += 1
        lost = batcher.add(unsure(seq, stream, node=node), float(seq), room)
        if lost is not None:
            found += [lost.node] if waiting[lost.node] <= room // len(NODES) else []
            waiting[lost.node] -= 1
        assert waiting.total() <= room
    return found


def passed_over(batcher: Batcher, comers: list[tuple[str, str]]) -> list[str]:
    """Return the nodes whose first window waited for more batches than there are nodes."""
    for seq, (node, stream) in enumerate(comers):
        batcher.add(unsure(seq, stream, node=node), 0.0, ROOM)
    nodes = {node for node, _ in comers}
    served = {each.node for batch in drained(batcher)[: len(nodes)] for each in batch}
    return sorted(nodes - served)


COMERS = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(STREAMS)), max_size=80)
FLOOD = [("u", "a")] * 60 + [(node, "b") for node in NODES[1:]]


@settings(deadline=None, max_examples=200)
@given(comers=COMERS, room=st.integers(1, 24))
def test_node_with_no_more_than_its_part_of_the_room_loses_nothing(comers: list[tuple[str, str]], room: int) -> None:
    """Whoever floods loses windows of its own alone, in whatever order they come."""
    assert robbed(Batcher(MOST, DEADLINE_S), comers, room) == []


@settings(deadline=None, max_examples=200)
@given(comers=COMERS)
def test_node_has_its_turn_within_as_many_batches_as_there_are_nodes(comers: list[tuple[str, str]]) -> None:
    """However much the others have waiting, and of however many streams."""
    assert passed_over(Batcher(MOST, DEADLINE_S), comers) == []


def test_flood_against_a_batcher_that_is_not_fair_is_felt() -> None:
    """Negative control: first come, first served leaves the room, and the batches, to one node."""
    assert set(robbed(Whoever(MOST, DEADLINE_S), FLOOD, 24)) == set(NODES[1:])
    assert passed_over(Whoever(MOST, DEADLINE_S), FLOOD) == list(NODES[1:])


def test_batch_goes_round_the_nodes() -> None:
    """One window of each, then a second; and who comes meanwhile has a turn in the next before a third."""
    batcher = Batcher(MOST, DEADLINE_S)
    for seq, node in enumerate("uuuuvw"):
        batcher.add(unsure(seq, node=node), 0.0, ROOM)
    assert [each.node for each in batcher.due(1.0)] == ["u", "v", "w", "u"]
    batcher.add(unsure(6, node="x"), 0.0, ROOM)
    assert [each.seq for each in batcher.due(1.0)] == [2, 6, 3]


@pytest.mark.parametrize("held", [0, 5])
def test_all_that_waits_is_handed_back(held: int) -> None:
    """And nothing is due any more."""
    batcher = Batcher(MOST, DEADLINE_S)
    for seq in range(held):
        batcher.add(unsure(seq, node=NODES[seq % 2]), 0.0, ROOM)
    assert sorted(each.seq for each in batcher.all()) == list(range(held))
    assert (len(batcher), batcher.next_s(), batcher.due(9.0)) == (0, None, [])
