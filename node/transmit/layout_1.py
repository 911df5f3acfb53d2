"""The outbox's first layout, a row a record and each frame's payload beside it, brought to the present one.

In one transaction: a power cut in the middle leaves the old layout whole. Until it is over it takes about as much
room again as the records have.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from node.transmit import packs

if TYPE_CHECKING:
    import sqlite3

VERSION: Final = 1
PACK_RECORDS: Final = 60


def convert(database: sqlite3.Connection, frames: str, version: int) -> None:
    """Move every record and frame.

    Args:
        database: of the first layout, no transaction open.
        frames: the statement that makes the present table of frames.
        version: of the present layout.
    """
    database.execute("BEGIN IMMEDIATE")
    database.execute(packs.SCHEMA)
    _move_records(database)
    database.execute("ALTER TABLE frames RENAME TO old")
    database.execute(frames)
    for frame_id, payload in database.execute("SELECT id, payload FROM old").fetchall():
        database.execute(
            "INSERT INTO frames SELECT id, series, ranges, ?, ?, strikes, suspect FROM old WHERE id = ?",
            (len(payload), zlib.crc32(payload), frame_id),
        )
    database.execute("DROP TABLE old")
    database.execute(f"PRAGMA user_version = {version}")
    database.execute("COMMIT")


def _move_records(database: sqlite3.Connection) -> None:
    """Move the records, freeing their pages as it goes."""
    moved = packs.Packs(database)
    query = "SELECT id, time_ms, body FROM records ORDER BY id LIMIT ?"
    while rows := [packs.Stored(*row) for row in database.execute(query, (PACK_RECORDS,))]:
        moved.add(rows)
        database.execute("DELETE FROM records WHERE id <= ?", (rows[-1].id,))
    database.execute("DROP TABLE records")
