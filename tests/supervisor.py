"""A supervisor for tests: what systemd does with `Type=notify`, `WatchdogSec=` and `Restart=always`.

It starts a real process, hears what that says over a real socket, kills it when no `WATCHDOG=1` comes in time, and
starts it again.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from tests.imports import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

SETPRIV: Final = shutil.which("setpriv")
PATIENCE_S: Final = 60.0
MOST_STARTS: Final = 10


@dataclass
class Supervisor:
    """Watches over one process.

    Attributes:
        command: what to run.
        folder: where; its log goes there too.
        patience_s: from one sign of life to the next, unless the process asks for more.
        environment: what is added to ours.
        said: every word that came, in order.
        hangs: how often no sign came in time.
        starts: how often it was started.
    """

    command: Sequence[str]
    folder: Path
    patience_s: float
    environment: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    hangs: int = 0
    starts: int = 0

    def __enter__(self) -> Self:
        address = str(self.folder / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._log = (self.folder / "supervised.log").open("ab")
        self._told = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": str(round(self.patience_s * 1e6))}
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._socket.close()
        self._log.close()

    def _start(self) -> None:
        guard = [SETPRIV, "--pdeathsig", "KILL", "--"] if SETPRIV else []
        self._process = subprocess.Popen(
            [*guard, *self.command],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **self._told, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        self.starts += 1
        assert self.starts <= MOST_STARTS, f"it ends again and again:\n{self.log[-2000:]}"
        self._deadline_s = float("inf")  # systemd counts from READY=1 on; before, TimeoutStartSec does

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def log(self) -> str:
        """What it wrote to its terminal."""
        return (self.folder / "supervised.log").read_text(errors="replace")

    def stop(self, signal_number: int = signal.SIGSTOP) -> None:
        """Send a signal; without another one the process is frozen."""
        self._process.send_signal(signal_number)

    def end(self) -> int:
        """Ask it to end, and return its exit code."""
        self._process.terminate()
        code = self._process.wait(PATIENCE_S)
        self._hear(0.0)
        return code

    def until(self, claim: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
        """Supervise until a claim holds; False where it does not in time."""
        end_s = time.monotonic() + patience_s
        while not claim():
            if time.monotonic() > end_s:
                return False
            self._hear(0.05)
            self._judge()
        return True

    def watch(self, duration_s: float) -> None:
        """Supervise for a while."""
        self.until(lambda: False, duration_s)

    def _hear(self, wait_s: float) -> None:
        self._socket.settimeout(wait_s or 0.001)
        try:
            while True:
                self._take(self._socket.recv(4096).decode().splitlines())
        except (TimeoutError, BlockingIOError):
            pass

    def _take(self, words: Sequence[str]) -> None:
        self.said += words
        if {"WATCHDOG=1", "READY=1"} & set(words):
            asked = [int(each.partition("=")[2]) / 1e6 for each in words if each.startswith("WATCHDOG_USEC=")]
            self._deadline_s = time.monotonic() + (asked[-1] if asked else self.patience_s)

    def _judge(self) -> None:
        if time.monotonic() > self._deadline_s:
            self.hangs += 1
            self._process.kill()
            self._process.wait()
        if self._process.poll() is not None:
            self._process.wait()
            self._start()
