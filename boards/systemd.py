"""The supervisor that systemd is: words over a datagram socket.

No library is needed: the protocol is a few bytes to the socket that `NOTIFY_SOCKET` names. Other supervisors (s6,
podman) speak it too.

Source: sd_notify(3), sd_watchdog_enabled(3).
"""

from __future__ import annotations

import contextlib
import os
from math import inf
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SEND_S: Final = 1.0
"""Longest wait for a supervisor whose queue is full; the next word tells more than this one."""


class Systemd:
    """Satisfies `node.hal.Supervisor`."""

    def __init__(self, address: str, patience_s: float) -> None:
        """Send nothing yet.

        Args:
            address: a path, or a name in the abstract namespace behind an `@`.
            patience_s: from one sign of life to the next.
        """
        import socket  # 5 ms: only who has a supervisor needs it

        self.patience_s = patience_s
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.settimeout(SEND_S)

    def tell(self, *words: str) -> None:
        """Send one datagram; a supervisor that is gone is not missed."""
        with contextlib.suppress(OSError):
            self._socket.sendto("\n".join(words).encode(), self._address)

    def __del__(self) -> None:
        self._socket.close()


def find(environment: Mapping[str, str]) -> Systemd | None:
    """Return the supervisor that started this process, where one did.

    Args:
        environment: of this process.
    """
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return None
    watches = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    period = environment.get("WATCHDOG_USEC", "")
    return Systemd(address, int(period) / 1e6 if watches and period.isdecimal() and int(period) else inf)
