"""A real mosquitto that can be killed, frozen, and robbed of its disk."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from typing import TYPE_CHECKING, Final, Self

from tools.bootstrap.confinement import unconfined
from tools.showcase.children import Child
from tools.showcase.ports import free_port

__all__ = ["MOSQUITTO", "Broker", "free_port"]

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

MOSQUITTO: Final = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


class Broker:
    """One mosquitto process; `kill` and `start` again on the same port, as a power cut would.

    It never outlives who started it, which has to be the main thread: see `Child`.

    Args:
        config: its configuration, which names the port on 127.0.0.1; its log goes beside it.
        port: that port.
        disk: the folder of its persistence, where it has one.
    """

    def __init__(self, config: Path, port: int, disk: Path | None = None) -> None:
        self.port = port
        self.log = config.with_name("mosquitto.log")
        self._config = config
        self._disk = disk
        self._process: Child | None = None

    def start(self) -> None:
        """Start it and return when it listens.

        Raises:
            RuntimeError: it is not installed, or did not come up within 10 s.
        """
        if MOSQUITTO is None:
            raise RuntimeError("mosquitto is not installed; run: apt-get install mosquitto")
        command = [unconfined(MOSQUITTO, self._config.parent), "-c", str(self._config)]
        self._process = Child("mosquitto", command, self._config.parent)
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self._process.wait(0.02) is not None:
                break
        self.kill()
        raise RuntimeError(f"mosquitto did not start: {self.log.read_text()}")

    def kill(self) -> None:
        """Kill it where it stands: what it had in memory is gone."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def stop(self) -> None:
        """End it in good order."""
        if self._process is not None:
            self._process.ask_to_end()
            self._process.wait(10.0)
            self._process = None

    def freeze(self) -> None:
        """Stop it as a hung machine stops: connections stay, and nobody answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on where it was."""
        self._signal(signal.SIGCONT)

    def save(self) -> None:
        """Have it write what it knows to its disk, now: mosquitto(8), SIGUSR1."""
        self._signal(signal.SIGUSR1)

    def wipe(self) -> None:
        """Empty its disk; it must not be running."""
        for path in self._disk.iterdir() if self._disk else ():
            path.unlink()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            os.kill(self._process.pid, number)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
