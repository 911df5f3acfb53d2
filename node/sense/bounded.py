"""Work that is given up when it takes too long: a chip that holds its bus down, a camera that never gives a frame.

A thread of its own does the work, and the caller waits so long and no longer; Python has no other way out of a system
call that does not return. What hangs is not joined by more of its kind: until it comes back, which a bus that is reset
does, nothing new is begun. What it then brings is thrown away, for it belongs to another time.

The price is 30 us of two thread switches. A sensor that waits for no device says so and is spared it: see the room.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Protocol, TypeVar, cast

from node.errors import HardwareError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

LONGEST_CLOSE_S: Final = 2.0


class Do(Protocol):
    """Who has work done."""

    def __call__(self, work: Callable[[], T], /) -> T:
        """Return what the work returned, or raise what it raised."""
        ...


def at_once(work: Callable[[], T], /) -> T:
    """Do it here and now, however long it takes."""
    return work()


class Bounded:
    """One thread, begun with the first work, that does one thing at a time."""

    def __init__(self, timeout_s: float) -> None:
        """Begin nothing yet.

        Args:
            timeout_s: longest wait for one piece of work.
        """
        self._timeout_s = timeout_s
        self._thread: threading.Thread | None = None
        self._asked = threading.Lock()  # held while there is nothing to do; a Lock is half the price of a queue
        self._asked.acquire()
        self._done = threading.Lock()  # held while nothing was done
        self._done.acquire()
        self._work: Callable[[], object] | None = None
        self._result: object = None
        self._error: BaseException | None = None
        self._hangs = False

    def __call__(self, work: Callable[[], T], /) -> T:
        """Have it done.

        Raises:
            HardwareError: not within the time, or what was begun earlier still hangs.
        """
        self._begin(work)
        if not self._done.acquire(timeout=self._timeout_s):
            self._hangs = True
            raise HardwareError(f"no answer within {self._timeout_s:g} s; look at its wiring, bus and driver")
        result, error = self._result, self._error
        self._result = self._error = None
        if error is not None:
            raise error
        return cast("T", result)

    def _begin(self, work: Callable[[], object] | None) -> None:
        if self._hangs:
            if not self._done.acquire(blocking=False):
                raise HardwareError("still hangs in an earlier read; it is not asked again before that returns")
            self._hangs = False
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="sense", daemon=True)
            self._thread.start()
        self._work = work
        self._asked.release()

    def close(self) -> None:
        """Let the thread end; one that hangs is left behind, and ends with the process."""
        if self._thread is None or (self._hangs and not self._done.acquire(blocking=False)):
            return
        self._hangs = False
        self._begin(None)
        self._thread.join(LONGEST_CLOSE_S)
        self._thread = None

    def _serve(self) -> None:
        while True:
            self._asked.acquire()
            work, self._work = self._work, None
            if work is None:
                return
            self._result = self._error = None
            try:
                self._result = work()
            except BaseException as error:  # noqa: BLE001 - it is raised where it was asked for
                self._error = error
            del work
            self._done.release()
