"""A write-ahead log, cut off where its last commit ended."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from node import wal

if TYPE_CHECKING:
    from pathlib import Path


def write(database: sqlite3.Connection, number: int) -> None:
    """Commit a row that fills pages."""
    database.execute("INSERT INTO t VALUES (?, ?)", (number, bytes(3000)))


def opened(path: Path, page_bytes: int = 4096) -> sqlite3.Connection:
    """Return a database with a write-ahead log, in autocommit mode."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute(f"PRAGMA page_size = {page_bytes}")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE IF NOT EXISTS t (number INTEGER PRIMARY KEY, filler BLOB)")
    return database


def found(path: Path) -> list[int]:
    """Return the rows that a new connection finds in a sound database."""
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [number for (number,) in database.execute("SELECT number FROM t ORDER BY number")]


def committed(path: Path) -> wal.Committed:
    """Return how much of a log was committed."""
    with closing(wal.Index(path)) as index:
        stays = index.committed()
    assert stays
    return stays


def left_behind(path: Path, folder: Path) -> Path:
    """Copy a database and its log as a process leaves them that closes nothing."""
    folder.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(path.with_name(path.name + ending), folder)
    return folder / path.name


@pytest.mark.parametrize("page_bytes", [512, 4096, 65536])
def test_log_is_cut_to_its_last_commit(tmp_path: Path, page_bytes: int) -> None:
    """What came after it is gone; without the cut, the control, who opens the database believes it."""
    path = tmp_path / "x.db"
    with closing(opened(path, page_bytes)) as database:
        for number in range(10):
            write(database, number)
        stays = committed(path)
        for number in range(10, 20):
            write(database, number)
        believed, mended = (left_behind(path, tmp_path / name) for name in ("believed", "mended"))
    wal.cut(mended, stays)
    assert found(mended) == list(range(10))
    assert found(believed) == list(range(20))


def test_log_that_was_begun_anew_is_left_alone(tmp_path: Path) -> None:
    """After a checkpoint the log starts again with other salts: what was told of the one before says nothing."""
    path = tmp_path / "x.db"
    with closing(opened(path)) as database:
        write(database, 1)
        stays = committed(path)
        database.execute("PRAGMA wal_checkpoint(RESTART)")
        for number in range(2, 20):
            write(database, number)
        copy = left_behind(path, tmp_path / "copy")
    wal.cut(copy, stays)
    assert found(copy) == list(range(1, 20))


def test_log_without_an_index_says_nothing(tmp_path: Path) -> None:
    """Nothing is known of a database that nobody has open, nor of an index that is half written."""
    path = tmp_path / "x.db"
    with pytest.raises(FileNotFoundError):
        wal.Index(path)
    path.with_name("x.db-shm").write_bytes(bytes(range(96)))
    with closing(wal.Index(path)) as index:
        assert index.committed() is None
    wal.cut(path, wal.Committed(b"12345678", 32))
    assert not path.with_name("x.db-wal").exists()
