"""Progress of a set-up: one line a step, with its seconds; what the programs say goes to a log."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TAIL_LINES: Final = 25
INTERRUPTED: Final = 130
"""The exit code that a shell gives to what SIGINT ended."""


class SetupError(Exception):
    """A step that failed, with what to do about it.

    Attributes:
        code: the exit code; 2 where a person must do something first.
    """

    def __init__(self, message: str, code: int = 1) -> None:
        """Hold the message and the exit code."""
        super().__init__(message)
        self.code = code


class Steps:
    """Runs the steps of a set-up and shows them on stderr."""

    def __init__(self, log: Path) -> None:
        """Remember where the log is; the first program starts it anew.

        Args:
            log: takes the output of every program, whole.
        """
        self._log = log
        self._started = False
        self._live = sys.stderr.isatty()

    def note(self, what: str) -> None:
        """Show a line that took no time."""
        print(f"  {what}", file=sys.stderr, flush=True)

    def run(self, what: str, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Run one program, ticking on a terminal.

        Raises:
            SetupError: it failed; the message ends with the tail of what it said. Or it was ended by Ctrl-C, or the log
                cannot be written.
        """
        self._start_log()
        print(f"  {what} ...", end="", file=sys.stderr, flush=True)
        start = time.monotonic()
        before = self._log.stat().st_size
        with self._log.open("ab") as log:
            try:
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
                self._watch(process, what, start)
            except KeyboardInterrupt:
                raise SetupError("\nEnded by Ctrl-C; the next run begins again at this step.", INTERRUPTED) from None
        print(
            f"\r  {what} ... {time.monotonic() - start:.1f} s" if self._live else f" {time.monotonic() - start:.1f} s",
            file=sys.stderr,
            flush=True,
        )
        if process.returncode != 0:
            said = self._log.read_bytes()[before:].decode(errors="replace").splitlines()[-TAIL_LINES:]
            raise SetupError("\n".join([*said, f"{what} failed: {' '.join(command)}", f"The whole log: {self._log}"]))

    def _start_log(self) -> None:
        if self._started:
            return
        try:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            self._log.write_bytes(b"")
        except OSError as error:
            raise SetupError(
                f"{error.filename} cannot be written: {error.strerror}. The set-up needs a folder of your own: run\n"
                "this from a clone that belongs to you, or give this one back to yourself with chown -R.",
                2,
            ) from error
        self._started = True

    def _watch(self, process: subprocess.Popen[bytes], what: str, start: float) -> None:
        while True:
            try:
                process.wait(0.5)
            except subprocess.TimeoutExpired:
                if self._live:
                    print(f"\r  {what} ... {time.monotonic() - start:.0f} s", end="", file=sys.stderr, flush=True)
            except KeyboardInterrupt:
                process.terminate()
                process.wait()
                raise
            else:
                return
