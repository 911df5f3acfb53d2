"""The watchdog: signs of life to systemd that only the pipeline's progress gives.

The site's thread answers, and of what the broker delivered nothing waits for long: then, and not by a timer, the
supervisor is told `WATCHDOG=1`. A disk that refuses is no hang: the attempt was made, and to be started again would not
mend it. The node has its own (`node.sleep.watchdog`), which a gateway cannot see.

Source: sd_notify(3), sd_watchdog_enabled(3).
"""

from __future__ import annotations

import contextlib
import os
import socket
from math import inf
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARE: Final = 0.25
"""Of the supervisor's patience: signs are no closer than this."""
WAIT: Final = 0.5
"""And so long may a delivery wait to be tried at the disk before there are no more signs."""


class Watchdog:
    """Says what the supervisor is to hear; without one it does nothing.

    Args:
        environment: of this process, where the supervisor left its address and its patience.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        watches = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        period = environment.get("WATCHDOG_USEC", "")
        self._patience_s = int(period) / 1e6 if watches and period.isdecimal() and int(period) else inf
        self._told_s = -inf

    def begin(self, now_s: float) -> None:
        """The gateway is set up; the supervisor's patience counts from here."""
        self._told_s = now_s
        self._tell("READY=1", "WATCHDOG=1")

    def progress(self, now_s: float, *, waits_since_s: float | None, status: str) -> None:
        """The site's thread has answered.

        Args:
            now_s: monotonic.
            waits_since_s: since when a delivery waits to be tried at the disk; None where none does.
            status: how the gateway is, for people.
        """
        stuck = waits_since_s is not None and now_s - waits_since_s > WAIT * self._patience_s
        if not stuck and now_s - self._told_s >= SHARE * self._patience_s:
            self._told_s = now_s
            self._tell("WATCHDOG=1", f"STATUS={status}")

    def end(self) -> None:
        """The gateway is about to leave; its patience for leaving counts from here."""
        self._tell("STOPPING=1")

    def _tell(self, *words: str) -> None:
        if self._address:
            # A supervisor that is gone, or whose queue is full, is not waited for: the next sign tells more.
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.sendto("\n".join(words).encode(), self._address)
