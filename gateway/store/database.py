"""The store: SQLite in WAL mode, synchronous=FULL, one writer.

FULL, because with NORMAL a power cut lost committed rows in 85 of 100 trials, and a receipt must not outlive its row.
Nothing here decides; it opens, migrates and writes what `ingest` hands it. Questions are in `queries`, removal in
`retention`. Numbers follow the batches that `schema/` explains.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import ExitStack, closing, contextmanager, suppress
from importlib import resources
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from gateway.errors import StoreError
from gateway.ingest.dedupe import Seen
from node import wal
from node.wire import codec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from node.wire.messages import Aggregate

Record = tuple[int, int, int, int, int, int, int, str]
"""boot, seq, series, event_ms, time_ms, quality, received_ms, body: a row as it is inserted."""
Raw = tuple[int, int, int, bytes]
"""boot, seq, received_ms, payload."""
Refused = tuple[int, str, str, str, bytes]
"""received_ms, topic, reason, detail, payload."""

MOST_SERIES: Final = 4096
"""Of one node: every model that it ever ran, on every stream; beyond, it makes them up."""

_LEAVE_IT_WHOLE: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_RECORD: Final = (
    "INSERT INTO record (boot, seq, series, event_ms, time_ms, quality, received_ms, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (boot, seq) DO NOTHING"
)


class Store:
    """One open database; used by one thread at a time.

    Args:
        path: the file; made where it is missing.

    Raises:
        StoreError: it cannot be opened, or was written by a newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._was_refused = False
        try:
            _make(path)
            # Autocommit: transactions begin where the code says so.
            self.database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{path}: {error}") from error
        try:
            self._prepare()
        except (sqlite3.Error, OSError) as error:
            with self._outlived():
                self.database.close()
            raise StoreError(f"{path}: {error}") from error

    def _prepare(self) -> None:
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = FULL")
        self.database.execute("PRAGMA cache_size = -65536")  # 64 MiB: the indexes' leaves of a few hundred nodes
        self._migrate()

    def close(self) -> None:
        """Close it; what was committed stays."""
        if self._was_refused:
            self.abandon()
        else:
            self.database.close()

    def abandon(self) -> wal.Committed | None:
        """Close it after an error, without the checkpoint of a last close, so that the write-ahead log stays.

        What was never committed is cut off before: whoever comes next, a command or a person with `sqlite3`, makes a
        new index from all that the log holds, and what is then committed stands behind what is on no disk.

        Returns:
            How much of the log is to be believed; it is cut there, unless the disk refused.
        """
        stays = None
        with ExitStack() as last, self._outlived():
            with suppress(sqlite3.Error):
                self.database.execute("BEGIN IMMEDIATE")  # so that nobody else writes meanwhile
            with suppress(OSError):
                stays = last.enter_context(closing(wal.Index(self.path))).committed()
                if stays is not None:
                    wal.cut(self.path, stays)
            self.database.close()
        return stays

    @contextmanager
    def _outlived(self) -> Iterator[None]:
        """Let a reader close last, for it makes no checkpoint.

        Linux reports a failed write-back once and then calls the page clean: a checkpoint that is tried again believes
        in writes that never came.
        """
        with ExitStack() as last:
            with suppress(sqlite3.Error):
                reader = last.enter_context(
                    closing(sqlite3.connect(f"file:{quote(str(self.path))}?mode=ro", uri=True, timeout=0))
                )
                reader.execute("SELECT count(*) FROM boot").fetchone()
            yield

    def _migrate(self) -> None:
        """Run the numbered scripts of `schema/` that this database has not seen."""
        scripts = sorted(resources.files("gateway.store.schema").iterdir(), key=lambda each: each.name)
        numbered = [(int(each.name[:4]), each) for each in scripts if each.name.endswith(".sql")]
        version = self._version()
        if version > numbered[-1][0]:
            raise StoreError(f"{self.path}: schema {version} is newer than {numbered[-1][0]}; update the gateway")
        for number, script in numbered:
            if number > version:
                self._run(script.read_text(encoding="utf-8"), number)

    def _run(self, script: str, number: int) -> None:
        """Run a script, unless a command on the same database was faster."""
        try:
            self.database.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
        except sqlite3.OperationalError:
            if self.database.in_transaction:
                self.database.execute("ROLLBACK")
            if self._version() < number:
                raise

    def _version(self) -> int:
        return int(self.database.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Let what SQLite raises inside be a StoreError.

        Raises:
            StoreError: the disk refused.
        """
        try:
            yield
        except sqlite3.Error as error:
            self._was_refused = True
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE) & 0xFF  # the primary one of an extended
            raise StoreError(f"{self.path}: {error}", breaks=code not in _LEAVE_IT_WHOLE) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is written inside, durably; or nothing of it.

        Raises:
            StoreError: the disk refused.
        """
        with self.guarded():
            try:
                self.database.execute("BEGIN IMMEDIATE")
                yield
                self.database.execute("COMMIT")
            except BaseException:
                if self.database.in_transaction:
                    self.database.execute("ROLLBACK")
                raise

    def prove(self) -> None:
        """Write something and make it durable: that the disk takes what comes is known only by doing it.

        Raises:
            StoreError: it does not.
        """
        with self.transaction():
            self.database.execute(f"PRAGMA user_version = {self._version()}")

    def boot(self, node: str, boot_id: bytes, now_ms: int) -> tuple[int, Seen]:
        """Return the number of a boot and what was seen of it; new boots are entered."""
        found = self.database.execute(
            "SELECT id, seen, floor FROM boot WHERE node = ? AND boot_id = ?", (node, boot_id)
        ).fetchone()
        if found is not None:
            return found[0], Seen(json.loads(found[1]), found[2])
        entered = self.database.execute(
            "INSERT INTO boot (node, boot_id, heard_ms) VALUES (?, ?, ?)", (node, boot_id, now_ms)
        )
        return _key(entered), Seen()

    def note_seen(self, boots: Iterable[tuple[int, Seen]], now_ms: int) -> None:
        """Keep what was seen of boots."""
        self.database.executemany(
            "UPDATE boot SET heard_ms = ?, floor = ?, seen = ? WHERE id = ?",
            [(now_ms, seen.floor, json.dumps(seen.ranges, separators=(",", ":")), boot) for boot, seen in boots],
        )

    def series(self, node: str, stream: str, model: str, columns: tuple[str, ...], *, most_streams: int) -> int | None:
        """Return the number of a series; new ones are entered, where the node has not too many. None where it has."""
        key = (node, stream, model, json.dumps(columns))
        found = self.database.execute(
            "SELECT id FROM series WHERE node = ? AND stream = ? AND model = ? AND columns = ?", key
        ).fetchone()
        if found is not None:
            return int(found[0])
        kept, streams, known = self.database.execute(
            "SELECT count(*), count(DISTINCT stream), coalesce(max(stream = ?), 0) FROM series WHERE node = ?",
            (stream, node),
        ).fetchone()
        if kept >= MOST_SERIES or (streams >= most_streams and not known):
            return None
        return _key(self.database.execute("INSERT INTO series (node, stream, model, columns) VALUES (?, ?, ?, ?)", key))

    def holds(self, boot: int, seq: int) -> bool:
        """Whether a record or a raw window is here: the truth that `Seen` remembers."""
        found = self.database.execute(
            "SELECT 1 FROM record WHERE boot = ?1 AND seq = ?2 UNION SELECT 1 FROM raw WHERE boot = ?1 AND seq = ?2",
            (boot, seq),
        )
        return found.fetchone() is not None

    def add(self, records: Iterable[Record], raws: Iterable[Raw] = ()) -> None:
        """Insert rows; the unique keys have the last word on duplicates."""
        self.database.executemany(_RECORD, records)
        self.database.executemany(
            "INSERT INTO raw (boot, seq, received_ms, payload) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", raws
        )

    def keep_said(self, said: Iterable[tuple[str, str, int, int, bytes]]) -> None:
        """Keep the last message of a kind: (node, kind, received_ms, heard_ms, payload)."""
        self.database.executemany(
            "INSERT INTO said (node, kind, received_ms, heard_ms, payload) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (node, kind) DO UPDATE SET received_ms = excluded.received_ms,"
            " heard_ms = excluded.heard_ms, payload = excluded.payload",
            said,
        )

    def quarantine(self, refused: Iterable[Refused], most_rows: int) -> None:
        """Keep refused messages for a look; the oldest make room."""
        self.database.executemany(
            "INSERT INTO quarantine (received_ms, topic, reason, detail, payload) VALUES (?, ?, ?, ?, ?)", refused
        )
        self.database.execute("DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?", (most_rows,))

    def count(self, counters: Mapping[str, int]) -> None:
        """Add to the counters."""
        self.database.executemany(
            "INSERT INTO counter (name, value) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            [(name, value) for name, value in counters.items() if value],
        )

    def keep_desired(self, desired: Iterable[tuple[str, int, bytes]]) -> None:
        """Keep what nodes are wanted to be: (node, version, payload)."""
        self.database.executemany("INSERT OR REPLACE INTO desired (node, version, payload) VALUES (?, ?, ?)", desired)

    def close_windows(self, windows: Iterable[tuple[Aggregate, bytes]], closed: Mapping[tuple[str, str], int]) -> None:
        """Keep closed windows with their sketches, and how far each stream is closed; in one transaction."""
        self.database.executemany(
            "INSERT OR REPLACE INTO aggregate (node, stream, name, start_ms, end_ms, summary, sketch)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (each.node, each.stream, each.column, each.start_ms, each.end_ms, codec.encode(each), sketch)
                for each, sketch in windows
            ],
        )
        self.database.executemany(
            "INSERT OR REPLACE INTO watermark (node, stream, closed_ms) VALUES (?, ?, ?)",
            [(node, stream, closed_ms) for (node, stream), closed_ms in closed.items()],
        )


def _make(path: Path) -> None:
    """Make the file its owner's alone, where it is missing; SQLite gives -wal and -shm the same mode.

    One that is there must not be opened, not even for a moment: to close any descriptor of a file ends all locks that
    the process has on it (fcntl(2)), those of its other connections too. A command that then closes the database takes
    itself for the last and deletes the write-ahead log, and what the gateway commits from then on goes nowhere.

    Source: sqlite.org/howtocorrupt.html, "POSIX advisory locks canceled by a separate thread doing close()".
    """
    with suppress(FileExistsError):
        path.touch(mode=0o600, exist_ok=False)


def _key(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None  # it was an INSERT
    return cursor.lastrowid
