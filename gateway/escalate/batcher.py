"""Batcher: windows of many nodes gathered for one run of a model, none of them longer than a deadline. Pure.

A run has a price of its own, so that ten windows together cost little more than one; but a node may be waiting, with
its radio on, for the first of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.escalate.window import Unsure

Key = tuple[str, tuple[int, ...]]
"""Stream and shape: what may share a run."""


class Batcher:
    """Gathers. The time is an argument.

    Args:
        most: windows of one run.
        deadline_s: how long the first of them waits for others.
    """

    def __init__(self, most: int, deadline_s: float) -> None:
        self._most = most
        self._deadline_s = deadline_s
        self._waiting: dict[Key, list[tuple[float, Unsure]]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def add(self, unsure: Unsure, now_s: float) -> None:
        """Take a window in."""
        self._waiting.setdefault((unsure.stream, unsure.data.shape), []).append((now_s + self._deadline_s, unsure))

    def next_s(self) -> float | None:
        """Return when the next batch is due; None while nothing waits, a time that is past while one is full."""
        if any(len(each) >= self._most for each in self._waiting.values()):
            return float("-inf")
        return min((each[0][0] for each in self._waiting.values()), default=None)

    def due(self, now_s: float) -> list[list[Unsure]]:
        """Return the batches that are full, or whose first window has waited long enough; and let go of them."""
        ready = []
        for key in list(self._waiting):
            while (waiting := self._waiting.get(key)) and (len(waiting) >= self._most or waiting[0][0] <= now_s):
                ready.append([unsure for _, unsure in waiting[: self._most]])
                self._waiting[key] = waiting[self._most :]
            if not self._waiting[key]:
                del self._waiting[key]
        return ready

    def all(self) -> list[Unsure]:
        """Return whatever waits, and let go of it: there will be no run any more."""
        waiting = [unsure for each in self._waiting.values() for _, unsure in each]
        self._waiting.clear()
        return waiting
