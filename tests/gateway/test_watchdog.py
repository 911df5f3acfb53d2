"""When the gateway gives a sign of life, and when it must not."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from gateway.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class World:
    """A supervisor's socket, and a watchdog with a patience of 60 s."""

    def __init__(self, listener: socket.socket, address: str) -> None:
        listener.bind(address)
        listener.setblocking(False)
        self._listener = listener
        self.watchdog = Watchdog({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "60000000"})

    def heard(self) -> list[str]:
        """Return the words that came since the last look."""
        words = []
        while True:
            try:
                words += self._listener.recv(1000).decode().splitlines()
            except BlockingIOError:
                return words


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Make one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        yield World(listener, str(tmp_path / "notify"))


def test_watchdog_of_a_gateway_that_progresses_gives_signs_that_are_no_closer_than_a_share(world: World) -> None:
    """Four ticks a second make a sign every quarter of the patience."""
    world.watchdog.begin(0.0)
    assert world.heard() == ["READY=1", "WATCHDOG=1"]
    for tick in range(4 * 60):
        world.watchdog.progress(tick / 4, waits_since_s=None, status="connected")
    assert world.heard() == ["WATCHDOG=1", "STATUS=connected"] * 3


def test_watchdog_of_a_gateway_that_leaves_deliveries_lying_is_silent(world: World) -> None:
    """Its ticks go on, but what the broker delivered waits and waits: the pipeline stands still."""
    world.watchdog.begin(0.0)
    world.heard()
    world.watchdog.progress(20.0, waits_since_s=10.0, status="")
    assert world.heard()[0] == "WATCHDOG=1"
    world.watchdog.progress(60.0, waits_since_s=10.0, status="")
    assert world.heard() == []


def test_watchdog_without_a_supervisor_says_nothing() -> None:
    """Started by hand, there is nobody to tell, and no error."""
    watchdog = Watchdog({})
    watchdog.begin(0.0)
    watchdog.progress(1e9, waits_since_s=None, status="")
    watchdog.end()
