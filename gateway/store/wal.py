"""What a write-ahead log holds beyond its last commit, after the disk refused one.

A commit that fails at its fsync has been written all the same: it stands in the kernel's memory, marked clean, and on
no disk. Who opens the database again would read it there, believe it, and receipt what a power cut takes away. So the
log is cut off where the last commit that succeeded ended, which the wal-index says.

Source: sqlite.org/walformat.html, "The WAL-Index Header" and "WAL File Header".
"""

from __future__ import annotations

import os
import struct
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


def committed(database: Path) -> Committed | None:
    """Read it, while a connection that wrote the log is open.

    Args:
        database: the main file.

    Returns:
        None where there is no index, or one that is being written: then nothing is known.
    """
    try:
        found = _beside(database, "-shm").read_bytes()[: 2 * INDEX_HEADER.size]
    except OSError:
        return None
    if len(found) < 2 * INDEX_HEADER.size or found[: INDEX_HEADER.size] != found[INDEX_HEADER.size :]:
        return None
    _, _, _, is_ready, _, page_bytes, frames, _, _, salt, _ = INDEX_HEADER.unpack(found[: INDEX_HEADER.size])
    page_bytes = 65536 if page_bytes == 1 else page_bytes
    return Committed(salt, LOG_HEADER_BYTES + frames * (FRAME_HEADER_BYTES + page_bytes)) if is_ready else None


def cut(database: Path, stays: Committed) -> None:
    """Cut off what was not committed; nobody may have the database open to write.

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
