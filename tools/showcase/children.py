"""Processes that never outlive the one that started them.

The kernel is told to end a child when its parent dies (prctl(2), PR_SET_PDEATHSIG, through util-linux's `setpriv`), so
that nothing is left running even after `kill -9` of the parent. Each child has a process group of its own: a Ctrl-C on
the terminal reaches the parent alone, who ends them in order.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SETPRIV: Final = shutil.which("setpriv")
TAIL_LINES: Final = 12


class Child:
    """One process, with its output in a file of its own.

    Must be started from the main thread: the death signal is tied to the thread that forked.
    """

    def __init__(self, name: str, command: Sequence[str], folder: Path) -> None:
        """Start it.

        Args:
            name: for people, and for the log's name.
            command: the program and its arguments.
            folder: its working directory, where `NAME.log` goes too.
        """
        self.name = name
        self.log = folder / f"{name}.log"
        guard = [SETPRIV, "--pdeathsig", "TERM", "--"] if SETPRIV else []
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*guard, *command], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll()

    def ask_to_end(self) -> None:
        """Send SIGTERM."""
        if self.code is None:
            self._process.terminate()

    def wait(self, patience_s: float) -> int | None:
        """Wait for its end.

        Returns:
            Its exit code, or None where it still runs after `patience_s`.
        """
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(patience_s)
        return None

    def kill(self) -> None:
        """End it now."""
        if self.code is None:
            self._process.kill()
            self._process.wait()

    def last_words(self) -> str:
        """Return the tail of what it said."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
