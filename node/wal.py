"""What a write-ahead log holds beyond its last commit, after the disk refused one.

A commit that fails at its fsync has been written all the same: it stands in the kernel's memory, marked clean, and on
no disk. Who opens the database again would read it there, believe it, and promise what a power cut takes away: it, and
all that is committed behind it. So the log is cut off where the last commit that succeeded ended, which the wal-index
says.

Source: sqlite.org/walformat.html, "The WAL-Index Header" and "WAL File Header".
"""

from __future__ import annotations

import os
import struct
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

INDEX_HEADER: Final = struct.Struct("=IIIBBHII8s8s8s")
"""iVersion, unused, iChange, isInit, bigEndCksum, szPage, mxFrame, nPage, aFrameCksum, aSalt, aCksum: in the machine's
own order of bytes. It stands there twice; two that differ are being written."""
SALT_AT: Final = 16
LOG_HEADER_BYTES: Final = 32
FRAME_HEADER_BYTES: Final = 24


@dataclass(frozen=True, slots=True)
class Committed:
    """How much of a log was committed.

    Attributes:
        salt: of the log that is meant; another one was begun after it.
        size_bytes: of what is to stay.
    """

    salt: bytes
    size_bytes: int


class Index:
    """The log's index; to be closed after the last connection of this process to the database.

    Whoever closes any descriptor of a file gives up every lock that his process has on it: without those on the index,
    another process takes it for nobody's and makes a new one, from all that the log holds.

    Source: fcntl_locking(2), "Record locks"; sqlite.org/howtocorrupt.html, 2.2.
    """

    def __init__(self, database: Path) -> None:
        """Open it, beside a connection that has used the log.

        Args:
            database: the main file.

        Raises:
            OSError: there is none.
        """
        self._file = os.open(_beside(database, "-shm"), os.O_RDONLY)
        self._finalizer = weakref.finalize(self, os.close, self._file)

    def committed(self) -> Committed | None:
        """Return how much of the log was committed; None while the index is being written: then nothing is known."""
        found = os.pread(self._file, 2 * INDEX_HEADER.size, 0)
        if len(found) < 2 * INDEX_HEADER.size or found[: INDEX_HEADER.size] != found[INDEX_HEADER.size :]:
            return None
        _, _, _, is_ready, _, page_bytes, frames, _, _, salt, _ = INDEX_HEADER.unpack(found[: INDEX_HEADER.size])
        page_bytes = 65536 if page_bytes == 1 else page_bytes
        return Committed(salt, LOG_HEADER_BYTES + frames * (FRAME_HEADER_BYTES + page_bytes)) if is_ready else None

    def exceeds(self, stays: Committed) -> bool:
        """Whether it knows of more than was committed: somebody has it open who came before that was cut off."""
        now = self.committed()
        return now is not None and now.salt == stays.salt and now.size_bytes > stays.size_bytes

    def close(self) -> None:
        """Let go of it, after the connection."""
        self._finalizer()


def cut(database: Path, stays: Committed) -> None:
    """Cut off what was not committed; nobody may write meanwhile, nor have an index that knows more.

    Args:
        database: the main file.
        stays: what `committed` told.

    Raises:
        OSError: the disk still refuses.
    """
    path = _beside(database, "-wal")
    if not path.exists():
        return
    with path.open("r+b") as log:
        log.seek(SALT_AT)
        if log.read(len(stays.salt)) == stays.salt and log.seek(0, os.SEEK_END) > stays.size_bytes:
            log.truncate(stays.size_bytes)
            os.fsync(log.fileno())


def _beside(database: Path, ending: str) -> Path:
    return database.with_name(database.name + ending)
