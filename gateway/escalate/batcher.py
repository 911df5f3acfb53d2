"""Batcher: windows of many nodes gathered for one run of a model, each node in its turn. Pure.

A run has a price of its own, so that ten windows together cost little more than one; but a node may be waiting, with
its radio on, for the first of them.

No node takes another's turn or place. A batch begins with the node whose turn it is, and goes round: one window of
each, then a second. Where there is no room for one more, the node that has the most loses its newest; so whoever has no
more than an equal part of the room loses nothing.

Source: Nagle, On Packet Switches with Infinite Storage, RFC 970, for the round; Suter et al., Design Considerations for
Supporting TCP with Per-flow Queueing, INFOCOM 1998, for who loses.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from itertools import count, islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.escalate.window import Unsure

Key = tuple[str, tuple[int, ...]]
"""Stream and shape: what may share a run."""
_Queue = deque[tuple[int, "Unsure"]]
"""A node's windows of one key, by the order in which all of them came."""


class Batcher:
    """Gathers. The time is an argument.

    Args:
        most: windows of one run.
        deadline_s: how long the first of them waits for others.
    """

    def __init__(self, most: int, deadline_s: float) -> None:
        self._most = most
        self._deadline_s = deadline_s
        self._numbers = count()
        self._nodes: OrderedDict[str, dict[Key, _Queue]] = OrderedDict()
        self._due_s: dict[Key, OrderedDict[int, float]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._due_s.values()))

    def add(self, unsure: Unsure, now_s: float, room: int) -> Unsure | None:
        """Take a window in.

        Args:
            unsure: the window.
            now_s: the time.
            room: how many may wait.

        Returns:
            The one that has no place, which may be this one; None where there is room.
        """
        lost = None
        if len(self) >= room:
            greedy = max(self._nodes, key=self._held, default=unsure.node)
            if self._held(greedy) <= self._held(unsure.node) + 1:
                return unsure
            lost = self._newest(greedy)
        key, number = (unsure.stream, unsure.shape), next(self._numbers)
        self._nodes.setdefault(unsure.node, {}).setdefault(key, deque()).append((number, unsure))
        self._due_s.setdefault(key, OrderedDict())[number] = now_s + self._deadline_s
        return lost

    def _held(self, node: str) -> int:
        return sum(map(len, self._nodes.get(node, {}).values()))

    def _newest(self, node: str) -> Unsure:
        """Let go of a node's newest window."""
        queues = self._nodes[node]
        key = max(queues, key=lambda each: queues[each][-1][0])
        return self._let_go(node, key, *queues[key].pop())

    def _let_go(self, node: str, key: Key, number: int, unsure: Unsure) -> Unsure:
        """Forget what was taken out of its queue."""
        queues, due_s = self._nodes[node], self._due_s[key]
        if not queues[key]:
            del queues[key]
        if not queues:
            del self._nodes[node]
        del due_s[number]
        if not due_s:
            del self._due_s[key]
        return unsure

    def next_s(self) -> float | None:
        """Return when the next batch is due; None while nothing waits, a time that is past while one is full."""
        if any(len(each) >= self._most for each in self._due_s.values()):
            return float("-inf")
        return min((_first(each) for each in self._due_s.values()), default=None)

    def due(self, now_s: float) -> list[Unsure]:
        """Return a batch that is full, or whose first window has waited long enough, and let go of it; else nothing."""
        ready = {key for key, each in self._due_s.items() if len(each) >= self._most or _first(each) <= now_s}
        leader = next((node for node, queues in self._nodes.items() if ready & queues.keys()), None)
        if leader is None:
            return []
        queues = self._nodes[leader]
        key = min(ready & queues.keys(), key=lambda each: queues[each][0][0])
        batch = list(islice(self._round(leader, key), self._most))
        if leader in self._nodes:
            self._nodes.move_to_end(leader)
        return batch

    def _round(self, leader: str, key: Key) -> Iterator[Unsure]:
        """Take one window of each node, and again, beginning with the one whose turn it is."""
        nodes = deque([leader, *(node for node, queues in self._nodes.items() if key in queues and node != leader)])
        while nodes:
            node = nodes.popleft()
            queue = self._nodes[node][key]
            yield self._let_go(node, key, *queue.popleft())
            if queue:
                nodes.append(node)

    def all(self) -> list[Unsure]:
        """Return whatever waits, and let go of it: there will be no run any more."""
        waiting = [unsure for queues in self._nodes.values() for queue in queues.values() for _, unsure in queue]
        self._nodes.clear()
        self._due_s.clear()
        return waiting


def _first(due_s: OrderedDict[int, float]) -> float:
    return next(iter(due_s.values()))
