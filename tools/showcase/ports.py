"""Ports for servers that are started in a moment."""

from __future__ import annotations

import random
import socket
from pathlib import Path
from typing import Final

RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
FIRST: Final = 10_240
TRIES: Final = 200


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on, and that the kernel gives to nobody who asks for any.

    Between here and the server's start a port of the kernel's own range may become the end of somebody's connection, or
    another's "any port": on a busy machine now and then a server does not come up for it.

    Raises:
        OSError: none was free in 200 tries.
    """
    for _ in range(TRIES):
        port = random.randrange(FIRST, _first_of_the_kernels())
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"no port of 127.0.0.1 from {FIRST} on is free; is something here leaking servers?")


def _first_of_the_kernels() -> int:
    try:
        return max(int(RANGE.read_text().split()[0]), FIRST + 1000)
    except (OSError, ValueError, IndexError):  # no such file: the kernel's own default
        return 32_768
