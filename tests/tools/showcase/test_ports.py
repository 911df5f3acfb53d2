"""Ports for servers."""

from __future__ import annotations

import random
import socket

from tools.showcase.ports import FIRST, RANGE, free_port


def test_free_port_is_none_that_the_kernel_gives_away() -> None:
    """It can be bound, and lies below all that `bind` to port 0 or a connection may be given."""
    first = int(RANGE.read_text().split()[0]) if RANGE.exists() else 32_768
    for _ in range(50):
        port = free_port()
        assert FIRST <= port < max(first, FIRST + 1000)
        with socket.socket() as server:
            server.bind(("127.0.0.1", port))


def test_free_port_passes_over_one_that_is_taken() -> None:
    """The same draw twice: the second time somebody listens there."""
    random.seed(1)
    first = free_port()
    with socket.socket() as server:
        server.bind(("127.0.0.1", first))
        server.listen()
        random.seed(1)
        assert free_port() != first
