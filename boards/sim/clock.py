"""Virtual time: it stands still until somebody sleeps, and then it jumps.

A year of a node's life is over in seconds, and twice the same. The world is scripted by actions that are due at a
time: they run, in order, as the time passes them, and one may wake the sleeper or advance a script of its own.
"""

from __future__ import annotations

import heapq
from itertools import count
from typing import TYPE_CHECKING, Final

from node.values import TimeQuality

if TYPE_CHECKING:
    from collections.abc import Callable

START_MS: Final = 1_767_225_600_000
"""2026-01-01T00:00:00Z: where virtual time begins unless told otherwise."""


class VirtualClock:
    """A `node.hal.Clock` that only `advance` moves."""

    def __init__(self, start_ms: int = START_MS, quality: TimeQuality = TimeQuality.SYNCED) -> None:
        """Stand at the start, monotonic zero.

        Args:
            start_ms: wall clock, milliseconds since 1970.
            quality: what `quality` answers until `set_wall` changes it.
        """
        self._wall_offset_s = start_ms / 1000
        self._now_s = 0.0
        self._quality = quality
        self._script: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def wall_ms(self) -> int:
        """Milliseconds since 1970 by the virtual wall clock."""
        return round((self._wall_offset_s + self._now_s) * 1000)

    def monotonic_s(self) -> float:
        """Virtual seconds since the start."""
        return self._now_s

    def quality(self) -> TimeQuality:
        """How far the node shall believe `wall_ms`."""
        return self._quality

    def set_wall(self, wall_ms: int, quality: TimeQuality = TimeQuality.SYNCED) -> None:
        """Let the wall clock jump, as a first answer from a time server does; the monotonic clock does not move."""
        self._wall_offset_s = wall_ms / 1000 - self._now_s
        self._quality = quality

    def at(self, time_s: float, action: Callable[[], None]) -> None:
        """Script an action for a monotonic time; one that is past runs at the next `advance`."""
        heapq.heappush(self._script, (time_s, next(self._order), action))

    def next_due_s(self, horizon_s: float) -> float:
        """Return when the next action is due, or the horizon where none is due before it."""
        return max(min(self._script[0][0], horizon_s), self._now_s) if self._script else horizon_s

    def advance(self, duration_s: float) -> None:
        """Let time pass, running what falls due on the way, each action at its own time."""
        end_s = self._now_s + max(duration_s, 0.0)
        while self._script and self._script[0][0] <= end_s:
            due_s, _, action = heapq.heappop(self._script)
            self._now_s = max(self._now_s, due_s)
            action()
        self._now_s = max(self._now_s, end_s)


class VirtualSleeper:
    """A `node.hal.Sleeper` that advances a `VirtualClock` instead of waiting."""

    def __init__(self, clock: VirtualClock) -> None:
        """Sleep on this clock."""
        self._clock = clock
        self._woken = False
        self.slept_s = 0.0

    def sleep(self, duration_s: float) -> float:
        """Advance the clock, stopping where a scripted action wakes us. A wake before the sleep ends it at once."""
        start_s = self._clock.monotonic_s()
        end_s = start_s + max(duration_s, 0.0)
        while not self._woken and self._clock.monotonic_s() < end_s:
            self._clock.advance(self._clock.next_due_s(end_s) - self._clock.monotonic_s())
        self._woken = False
        slept_s = self._clock.monotonic_s() - start_s
        self.slept_s += slept_s
        return slept_s

    def wake(self) -> None:
        """End the current sleep, or the next one."""
        self._woken = True
