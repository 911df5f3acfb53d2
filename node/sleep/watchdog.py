"""The watchdog: a sign of life that only a finished cycle can give.

A timer that feeds a watchdog proves that the timer lives. Here the sign is part of the way: a cycle has ended, and the
next deadline is known. Before a nap the node promises to be back, and the supervisor waits that much longer; no wake is
spent on a sign. What hangs gives none, whatever hangs: a bus, a lock, a broker's library, the interpreter.

Source: sd_notify(3): `WATCHDOG=1`, and `WATCHDOG_USEC=` in the same datagram, which moves the next deadline.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from node.hal import Clock, Supervisor

SHARE: Final = 0.25
"""Of the supervisor's patience: a promise that moves by less is not said, for each one wakes the supervisor."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A sign of life is given by then, monotonic."""

    until_s: float


def renewed(last: Promise, *, busy_until_s: float, patience_s: float) -> Promise | None:
    """Return what to promise now that a cycle has ended; None where the last promise says it well enough.

    Args:
        last: the promise before.
        busy_until_s: when the next cycle is due, monotonic; now, where it begins at once.
        patience_s: what a cycle may take.

    >>> renewed(Promise(60.0), busy_until_s=1.0, patience_s=60.0)
    >>> renewed(Promise(60.0), busy_until_s=900.0, patience_s=60.0)
    Promise(until_s=960.0)
    """
    until_s = busy_until_s + patience_s
    return Promise(until_s) if abs(until_s - last.until_s) >= SHARE * patience_s else None


class Watchdog:
    """Tells the supervisor what it must know; without one it does nothing."""

    def __init__(self, supervisor: Supervisor | None, clock: Clock) -> None:
        """Say nothing yet; the arguments are what their names say."""
        self._supervisor = supervisor
        self._clock = clock
        self._last = Promise(-inf)

    def begin(self) -> None:
        """The node is set up, and its first cycle begins."""
        self._tell("READY=1")
        self._promise(self._clock.monotonic_s(), lambda: "the first cycle")

    def progress(self, next_s: float, status: Callable[[], str]) -> None:
        """A cycle has ended.

        Args:
            next_s: when the next one is due, monotonic.
            status: says how the node is, in one line for people.
        """
        self._promise(max(next_s, self._clock.monotonic_s()), status)

    def end(self) -> None:
        """The node is about to leave; from here on the supervisor's patience for leaving counts."""
        self._tell("STOPPING=1")

    def _promise(self, busy_until_s: float, status: Callable[[], str]) -> None:
        if self._supervisor is None or self._supervisor.patience_s == inf:
            return
        promise = renewed(self._last, busy_until_s=busy_until_s, patience_s=self._supervisor.patience_s)
        if promise is not None:
            self._last = promise
            allowance_us = round((promise.until_s - self._clock.monotonic_s()) * 1e6)
            self._supervisor.tell("WATCHDOG=1", f"WATCHDOG_USEC={allowance_us}", f"STATUS={status()}")

    def _tell(self, word: str) -> None:
        if self._supervisor is not None:
            self._supervisor.tell(word)
