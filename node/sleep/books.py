"""The ledger on disk: one small file, written whole at transmissions and at the end, and durable then.

A table in the outbox's database was the other choice. It would tie the ledger to a database that a wake without an
answer never opens, and cost as much flash: a page, its place in the log and the checkpoint, against one block, its
inode and its folder. A crash, of the node or of its power, loses the time since the last write and nothing else.
"""

from __future__ import annotations

import json
import logging
import zlib
from typing import TYPE_CHECKING, Final

from node import durable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

log = logging.getLogger(__name__)
FILE: Final = "ledger.json"
VERSION: Final = 1


class Books:
    """Where a ledger's memory is kept between starts."""

    def __init__(self, folder: Path) -> None:
        """Name the file.

        Args:
            folder: the node's state folder.
        """
        self._path = folder / FILE

    def load(self) -> Mapping[str, object]:
        """Read what was stored last; empty where nothing was, or where it does not add up, which is said."""
        try:
            kept = json.loads(self._path.read_bytes())
            memory = kept["memory"]
            if kept["version"] != VERSION or kept["crc"] != _crc(memory):
                raise ValueError("its checksum or its version is another")  # noqa: TRY301 - one reason with the others
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s: %s; the count of joules starts anew", self._path, error)
            return {}
        return memory if isinstance(memory, dict) else {}

    def age_s(self, wall_ms: int) -> float | None:
        """Return how long ago they were written; None where none are, or the clock was set back since."""
        try:
            age_s = wall_ms / 1000.0 - self._path.stat().st_mtime
        except OSError:
            return None
        return age_s if age_s >= 0.0 else None

    def store(self, memory: Mapping[str, object]) -> None:
        """Take the place of what was stored before, whole and durably.

        Raises:
            OSError: the disk is full or gone; the old one stands.
        """
        book = {"version": VERSION, "crc": _crc(memory), "memory": memory}
        durable.write(self._path, json.dumps(book, separators=(",", ":")).encode())


def _crc(memory: object) -> int:
    return zlib.crc32(json.dumps(memory, sort_keys=True).encode())
