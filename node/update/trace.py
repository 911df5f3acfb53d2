"""The trace: in whose hands a process ended, after the windows of a start that are counted on disk.

To sync a count with each window would wear the disk out. But what is written, synced or not, is the kernel's, and
outlives the process that wrote it: one byte says that a model is asked now, for a microsecond. It says nothing once
the machine was started anew, for then nobody knows when it reached the disk; so it shows what ends its process, not
what takes the power away. Somebody who ends the process from outside meets a model in the midst of a window now and
then; so only short lives leave a trace, and a model would have to be met in three of them in a row.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

FADES: Final = 1000
"""Windows of a start after which no trace is left: whoever answers so many is worth its restart."""
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
"""What the kernel calls the time since the machine was started. Source: random(4)."""
_ASKED: Final = b"?"
_ANSWERED: Final = b"-"


class Trace:
    """A file of one byte and a line, which is written and not synced."""

    def __init__(self, path: Path) -> None:
        """Read what the last process left, and take it away.

        Args:
            path: the file.
        """
        self._path = path
        self._file: int | None = None
        self._slot, self._row = "", 0
        try:
            left = path.read_bytes()
            path.unlink()
            boot, slot, row = json.loads(left[1:])
            if left.startswith(_ASKED) and boot and boot == _boot():
                self._slot, self._row = str(slot), int(row) + 1
        except (OSError, ValueError, TypeError):  # it was never synced
            return

    def row(self, slot: str) -> int:
        """Return how many processes in a row, the last one among them, ended in the hands of a slot's model."""
        return self._row if slot == self._slot else 0

    def begin(self, slot: str, row: int) -> None:
        """Leave a trace from now on; without one where the disk refuses.

        Args:
            slot: of the model that answers.
            row: how many processes before this one ended in its hands.
        """
        self.end()
        try:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            os.write(self._file, _ANSWERED + json.dumps([_boot(), slot, row]).encode())
        except OSError as error:
            log.debug("update: no trace: %s", error)
            self.end()

    def asked(self) -> None:
        """Note that the model sees a window now."""
        self._note(_ASKED)

    def answered(self) -> None:
        """Note that the process is still here."""
        self._note(_ANSWERED)

    def end(self) -> None:
        """Leave none any more, and know of none."""
        self._slot, self._row = "", 0
        if self._file is not None:
            os.close(self._file)
            self._file = None
            with contextlib.suppress(OSError):
                self._path.unlink()

    def _note(self, what: bytes) -> None:
        if self._file is not None:
            try:
                os.pwrite(self._file, what, 0)
            except OSError as error:
                log.debug("update: no trace: %s", error)
                self.end()


def _boot() -> str:
    """Return the id of this start of the machine; an empty one where nobody tells, which counts for nothing."""
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return ""
