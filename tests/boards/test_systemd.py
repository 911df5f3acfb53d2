"""The words that reach a supervisor, over a real socket."""

from __future__ import annotations

import os
import socket
from math import inf
from typing import TYPE_CHECKING

import pytest

from boards.systemd import find

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("abstract", [False, True])
def test_words_reach_whoever_listens(tmp_path: Path, *, abstract: bool) -> None:
    """One datagram a time, a line a word, to a path and to an abstract name."""
    address = f"@torpor-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address.replace("@", "\0"))
        supervisor = find({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "90000000"})
        assert supervisor is not None
        supervisor.tell("WATCHDOG=1", "STATUS=all is well")
        assert listener.recv(100) == b"WATCHDOG=1\nSTATUS=all is well"
    assert supervisor.patience_s == 90.0
    supervisor.tell("WATCHDOG=1")  # who is gone is not missed


def test_process_that_nobody_supervises_finds_nobody() -> None:
    """Started by hand, there is no address."""
    assert find({}) is None
    assert find({"NOTIFY_SOCKET": "relative", "WATCHDOG_USEC": "1"}) is None


@pytest.mark.parametrize(
    "environment",
    [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "5000000", "WATCHDOG_PID": "1"}],
)
def test_supervisor_that_does_not_watch_this_process_has_all_the_time(environment: dict[str, str]) -> None:
    """No period, a broken one, or one that is meant for another process."""
    supervisor = find({"NOTIFY_SOCKET": "/nowhere", **environment})
    assert supervisor is not None
    assert supervisor.patience_s == inf
