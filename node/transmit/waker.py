"""The waker: ends a wait for the network, from any thread or signal handler."""

from __future__ import annotations

import contextlib
import os


class Waker:
    """A pipe that is written to when somebody must be woken. It has a `fileno`, so that it can be waited for."""

    def __init__(self) -> None:
        self._out, self._in = os.pipe()
        os.set_blocking(self._out, False)
        os.set_blocking(self._in, False)

    def fileno(self) -> int:
        """Return the descriptor that can be read once `wake` was called."""
        return self._out

    def wake(self) -> None:
        """Wake whoever waits, or the next one who does."""
        with contextlib.suppress(BlockingIOError):  # full: it is awake already
            os.write(self._in, b"!")

    def rest(self) -> None:
        """Forget the wakes so far."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._out, 4096)

    def __del__(self) -> None:
        for descriptor in (self._out, self._in):
            with contextlib.suppress(OSError):
                os.close(descriptor)
