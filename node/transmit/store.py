"""The outbox's database: its tables, and every statement that touches them but those of the records (see `packs`).

It knows SQL and no policy. SQLite in WAL mode with synchronous=FULL: in 100 simulated power cuts it lost nothing,
where NORMAL lost committed rows in 85 and DELETE+FULL the last row in 45.

Writes gather in one transaction that `commit` ends. A delete may wait there for the next commit: to lose one is
harmless, for then the record is sent again and the gateway knows it already.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from node import wal
from node.lazy import lazy
from node.transmit import packs
from node.transmit.framing import Series
from node.values import TimeQuality

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from pathlib import Path

    import cbor2

    from node.transmit import layout_1
    from node.transmit.ranges import Ranges
else:
    layout_1 = lazy("node.transmit.layout_1")
    cbor2 = lazy("cbor2")
    sqlite3 = lazy("sqlite3")

VERSION: Final = 2
PAGE_BYTES: Final = 1024
"""Every commit writes the counters' page, the first one and a tree's: small ones, beside the records."""
QUARANTINE_ROWS: Final = 64

Connect = Callable[["Path"], "sqlite3.Connection"]

FRAMES: Final = """
CREATE TABLE frames (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL, ranges BLOB NOT NULL, size_bytes INTEGER NOT NULL,
    crc INTEGER NOT NULL, strikes INTEGER NOT NULL, suspect INTEGER NOT NULL
)
"""
SCHEMA: Final = f"""
BEGIN;
CREATE TABLE series (
    id INTEGER PRIMARY KEY, boot_id BLOB NOT NULL, stream TEXT NOT NULL, model TEXT NOT NULL,
    quality INTEGER NOT NULL, priority INTEGER NOT NULL, columns BLOB NOT NULL
);
{packs.SCHEMA};
{FRAMES};
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY, boot_id BLOB NOT NULL, stream TEXT NOT NULL, ranges BLOB NOT NULL,
    payload BLOB NOT NULL, reason TEXT NOT NULL
);
CREATE TABLE tally (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = {VERSION};
COMMIT;
"""


class Kept(NamedTuple):
    """A frame's row: what its payload is made of, and how to know it again. The payload itself is not written.

    Attributes:
        id: of the frame.
        series: id of the series.
        ranges: the seqs inside.
        size_bytes: of the payload.
        crc: CRC-32 of the payload.
        strikes: sessions that ended badly for it.
        suspect: it may be why one of them ended: it is sent last, and alone.
    """

    id: int
    series: int
    ranges: Ranges
    size_bytes: int
    crc: int
    strikes: int = 0
    suspect: bool = False


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection that leaves transactions to its user."""
    return sqlite3.connect(path, isolation_level=None, cached_statements=64)


def move(path: Path, to: Path) -> None:
    """Move a database that is closed, with what SQLite may have left beside it."""
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).replace(to.with_name(to.name + suffix))


def alone(connect: Connect) -> Connect:
    """Return a way to connect that shares the file with nobody, and needs no index on disk to read its log.

    Source: sqlite.org/wal.html, "Use of WAL Without Shared-Memory".
    """

    def connect_alone(path: Path) -> sqlite3.Connection:
        database = connect(path)
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        return database

    return connect_alone


class Store:
    """One open database file.

    Attributes:
        packs: its records.
    """

    def __init__(self, path: Path, connect: Connect = connect) -> None:
        """Open it, or make it.

        Args:
            path: the file; its folder must exist.
            connect: how, in autocommit mode; trials of power cuts put a disk of their own beneath.

        Raises:
            sqlite3.OperationalError: the disk refuses.
            sqlite3.DatabaseError: the file is damaged, or written by a newer version.
        """
        # SQLite gives -wal and -shm the same mode. A file that is there is not opened: its close would end SQLite's own
        # locks (fcntl(2)).
        with contextlib.suppress(FileExistsError):
            path.touch(mode=0o600, exist_ok=False)
        self._path = path
        self._db = connect(path)
        self.packs = packs.Packs(self._db)
        try:
            self._prepare()
        except sqlite3.Error:
            self._db.close()
            raise

    def _prepare(self) -> None:
        self._db.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # of a file that is yet to be made
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA journal_size_limit = 4194304")
        self._db.execute("PRAGMA secure_delete = OFF")  # Debian's default zeroes what was deleted: flash wear
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._db.executescript(SCHEMA)
        elif version == layout_1.VERSION:
            layout_1.convert(self._db, FRAMES, VERSION)
        elif version != VERSION:
            raise sqlite3.DatabaseError(f"version {version}, this node knows {VERSION}")
        self._page_bytes = int(self._db.execute("PRAGMA page_size").fetchone()[0])

    def begin(self) -> None:
        """Open a transaction unless one is open."""
        if not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")

    @property
    def unsaved(self) -> bool:
        """Whether something waits for `commit`."""
        return self._db.in_transaction

    def commit(self) -> None:
        """Make all since the last commit durable."""
        if self._db.in_transaction:
            self._db.execute("COMMIT")

    def rollback(self) -> None:
        """Forget all since the last commit."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file; what was not committed is lost."""
        self._db.close()

    def abandon(self) -> wal.Committed | None:
        """Close after an error, without the checkpoint of a last close, so that the write-ahead log stays.

        Linux reports a failed write-back once and then calls the page clean: a checkpoint that is tried again believes
        in writes that never came, and deletes the log that still has them. A reader that closes last makes none.

        Returns:
            Where the log is still to be cut, for what follows was never committed; None where that is done, or nobody
            can tell.
        """
        with contextlib.ExitStack() as last:
            stays = self._committed(last)
            with contextlib.suppress(sqlite3.Error):
                reader = sqlite3.connect(f"file:{quote(str(self._path))}?mode=ro", uri=True)
                last.callback(reader.close)
                reader.execute("SELECT count(*) FROM tally").fetchone()
            with contextlib.suppress(OSError):
                if stays is not None:
                    wal.cut(self._path, stays)
                    stays = None
            self._db.close()
        return stays

    def _committed(self, last: contextlib.ExitStack) -> wal.Committed | None:
        """Look into the log's index, and let go of that last; who shares the file with nobody has none on disk."""
        if self._db.execute("PRAGMA locking_mode").fetchone() == ("exclusive",):
            return None
        try:
            return last.enter_context(contextlib.closing(wal.Index(self._path))).committed()
        except OSError:
            return None

    def used_bytes(self) -> int:
        """Return how much of the file holds data, the open transaction included."""
        (pages,) = self._db.execute("PRAGMA page_count").fetchone()
        (free,) = self._db.execute("PRAGMA freelist_count").fetchone()
        return (int(pages) - int(free)) * self._page_bytes

    # Series.

    def series(self) -> dict[int, Series]:
        """Return every series by its id, oldest first."""
        rows = self._db.execute(
            "SELECT id, boot_id, stream, model, quality, priority, columns FROM series ORDER BY id"
        ).fetchall()
        return {
            row[0]: Series(row[1], row[2], row[3], TimeQuality(row[4]), row[5], tuple(cbor2.loads(row[6])))
            for row in rows
        }

    def add_series(self, series_id: int, series: Series) -> None:
        """Keep a series."""
        row = (series_id, *series[:3], int(series.quality), series.priority, cbor2.dumps(series.columns))
        self._db.execute("INSERT OR REPLACE INTO series VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def drop_series(self, series_id: int) -> None:
        """Forget a series that has no records."""
        self._db.execute("DELETE FROM series WHERE id = ?", (series_id,))

    # Frames.

    def frames(self) -> dict[int, Kept]:
        """Return every frame by its id, in the order they were composed."""
        rows = self._db.execute("SELECT id, series, ranges, size_bytes, crc, strikes, suspect FROM frames ORDER BY id")
        return {row[0]: Kept(row[0], row[1], _ranges(row[2]), row[3], row[4], row[5], bool(row[6])) for row in rows}

    def add_frame(self, kept: Kept) -> None:
        """Keep a frame."""
        row = (*kept[:2], cbor2.dumps(kept.ranges), *kept[3:])
        self._db.execute("INSERT INTO frames VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def drop_frame(self, frame_id: int) -> None:
        """Forget a frame, not its records."""
        self._db.execute("DELETE FROM frames WHERE id = ?", (frame_id,))

    def strike(self, kept: Kept) -> None:
        """Keep what is newly held against a frame."""
        self._db.execute(
            "UPDATE frames SET strikes = ?, suspect = ? WHERE id = ?", (kept.strikes, kept.suspect, kept.id)
        )

    # Quarantine.

    def quarantine(self, series: Series, ranges: Ranges, payload: bytes, reason: str) -> None:
        """Set something aside for a person to look at; only the newest few are kept."""
        self._db.execute(
            "INSERT INTO quarantine (boot_id, stream, ranges, payload, reason) VALUES (?, ?, ?, ?, ?)",
            (series.boot_id, series.stream, cbor2.dumps(ranges), payload, reason),
        )
        self._db.execute("DELETE FROM quarantine WHERE id <= (SELECT MAX(id) FROM quarantine) - ?", (QUARANTINE_ROWS,))

    def quarantined(self) -> list[tuple[str, Ranges, str]]:
        """Return what was set aside: stream, seqs and reason, oldest first."""
        rows = self._db.execute("SELECT stream, ranges, reason FROM quarantine ORDER BY id").fetchall()
        return [(row[0], _ranges(row[1]), row[2]) for row in rows]

    # Tally.

    def tally(self) -> dict[str, int]:
        """Return the counters of this database's whole life."""
        return dict(self._db.execute("SELECT name, count FROM tally").fetchall())

    def add_tally(self, counts: Mapping[str, int]) -> None:
        """Add to the counters."""
        statement = "INSERT INTO tally VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = count + excluded.count"
        self._db.executemany(statement, counts.items())


def _ranges(blob: bytes) -> Ranges:
    return tuple((first, last) for first, last in cbor2.loads(blob))
