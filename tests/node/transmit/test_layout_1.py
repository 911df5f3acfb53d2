"""An outbox that an older node left behind is delivered by this one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import cbor2
import pytest

from node.transmit import layout_1, store
from node.transmit.store import Store
from tests.node.transmit.outboxes import open_outbox
from tests.node.transmit.worlds import BOOT, NEXT_BOOT, encode, receipt_for, record, seqs_of

if TYPE_CHECKING:
    from pathlib import Path

OLDER = """
PRAGMA journal_mode = WAL;
CREATE TABLE series (
    id INTEGER PRIMARY KEY, boot_id BLOB NOT NULL, stream TEXT NOT NULL, model TEXT NOT NULL,
    quality INTEGER NOT NULL, priority INTEGER NOT NULL, columns BLOB NOT NULL
);
CREATE TABLE records (id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE frames (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL, ranges BLOB NOT NULL, payload BLOB NOT NULL,
    strikes INTEGER NOT NULL, suspect INTEGER NOT NULL
);
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY, boot_id BLOB NOT NULL, stream TEXT NOT NULL, ranges BLOB NOT NULL,
    payload BLOB NOT NULL, reason TEXT NOT NULL
);
CREATE TABLE tally (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 1;
"""
"""As the first version made it."""
RECORDS, FRAMED = 150, 40


def leave_older(folder: Path) -> bytes:
    """Write what an older node had on disk, its first records in a frame; return the frame's payload."""
    made = [record(seq) for seq in range(RECORDS)]
    quality, columns = made[0].time_quality, tuple(made[0].values)
    rows = [(seq, each.time_ms, each.values) for seq, each in enumerate(made)]
    payload = encode(stream="results", model="", boot_id=BOOT, quality=quality, rows=rows[:FRAMED])
    with closing(sqlite3.connect(folder / "outbox.db", isolation_level=None)) as database:
        database.executescript(OLDER)
        series = (1, BOOT, "results", "", int(quality), 5, cbor2.dumps(columns))
        database.execute("INSERT INTO series VALUES (?, ?, ?, ?, ?, ?, ?)", series)
        bodies = [((1 << 40) + seq, at, cbor2.dumps(tuple(values.values()))) for seq, at, values in rows]
        database.executemany("INSERT INTO records VALUES (?, ?, ?)", bodies)
        ranges = cbor2.dumps(((0, FRAMED - 1),))
        database.execute("INSERT INTO frames VALUES (1, 1, ?, ?, 2, 0)", (ranges, payload))
        database.execute("INSERT INTO tally VALUES ('committed', ?)", (RECORDS,))
    return payload


def test_outbox_of_the_first_layout_is_delivered(tmp_path: Path) -> None:
    """Its frame goes out as the bytes that it was, its other records after it, and nothing is left."""
    payload = leave_older(tmp_path)
    outbox = open_outbox(tmp_path, NEXT_BOOT)
    assert outbox.waiting == RECORDS
    frames = outbox.frames()
    assert (frames[0].boot_id, frames[0].payload) == (BOOT, payload)
    assert [seq for frame in frames for seq in seqs_of(frame)] == list(range(RECORDS))
    assert sum(outbox.settle(receipt_for(frame)) for frame in frames) == RECORDS
    outbox.close()
    assert open_outbox(tmp_path, b"boot-3").waiting == 0
    assert not (tmp_path / "outbox.db.damaged").exists()


def test_strikes_of_the_first_layout_are_kept(tmp_path: Path) -> None:
    """A message that had failed before the update has still failed."""
    leave_older(tmp_path)
    with closing(Store(tmp_path / "outbox.db")) as opened:
        (kept,) = opened.frames().values()
    assert (kept.strikes, kept.suspect) == (2, False)


def test_conversion_that_is_cut_off_leaves_the_first_layout_whole(tmp_path: Path) -> None:
    """Whatever ends it before its commit, the next start finds what was there and converts it."""
    payload = leave_older(tmp_path)
    with closing(sqlite3.connect(tmp_path / "outbox.db", isolation_level=None)) as database:
        with pytest.raises(sqlite3.OperationalError):
            layout_1.convert(database, "CREATE TABLE cut off", store.VERSION)
        assert database.in_transaction, "and the end of the process rolls it back"
    assert open_outbox(tmp_path, NEXT_BOOT).frames()[0].payload == payload


def test_outbox_of_a_newer_layout_is_moved_aside(tmp_path: Path) -> None:
    """What this node cannot know it does not touch."""
    leave_older(tmp_path)
    with closing(sqlite3.connect(tmp_path / "outbox.db")) as database:
        database.execute(f"PRAGMA user_version = {store.VERSION + 1}")
    outbox = open_outbox(tmp_path, NEXT_BOOT)
    assert outbox.counters["damaged"] == 1
    assert (tmp_path / "outbox.db.damaged").exists()
