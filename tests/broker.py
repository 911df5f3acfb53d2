"""A real mosquitto for tests: on a free port of 127.0.0.1, with its files in a folder of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

MOSQUITTO: Final = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Broker:
    """One mosquitto process; `kill` and `start` again on the same port, as a power cut would.

    Args:
        folder: where its configuration, log and persistence live.
        lines: more lines for mosquitto.conf.
    """

    def __init__(self, folder: Path, lines: tuple[str, ...] = ()) -> None:
        self.port = free_port()
        self.log = folder / "mosquitto.log"
        self._config = folder / "mosquitto.conf"
        base = (f"listener {self.port} 127.0.0.1", "allow_anonymous true", "user root", "max_queued_messages 1000000")
        self._config.write_text("\n".join((*base, *lines, "")))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it listens.

        Raises:
            RuntimeError: it is not installed, or did not come up within 10 s.
        """
        if MOSQUITTO is None:
            raise RuntimeError("mosquitto is not installed; run: apt-get install mosquitto")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([MOSQUITTO, "-c", str(self._config)], stdout=log, stderr=log)
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            try:
                self._process.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
            break
        raise RuntimeError(f"mosquitto did not start: {self.log.read_text()}")

    def kill(self) -> None:
        """Kill it where it stands: what it had in memory is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it in good order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
