"""Packs hold what a table of single records would, whatever is added and dropped in whatever order."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from node.transmit.packs import SCHEMA, Packs, Stored, record_id
from node.transmit.ranges import ranges_of

SERIES = st.integers(1, 3)
SEQS = st.sets(st.integers(0, 30), min_size=1, max_size=12)
STEPS = st.lists(st.tuples(st.sampled_from(["add", "drop", "drop_ranges"]), SERIES, SEQS), max_size=20)
WITHIN = (5, 25)


def stored(series: int, seq: int) -> Stored:
    """Return a record that can be told from every other."""
    return Stored(record_id(series, seq), 1000 * series - seq, f"{series}/{seq}".encode())


@given(steps=STEPS)
@settings(deadline=None, max_examples=200)
def test_packs_after_any_steps_hold_what_a_set_would(steps: list[tuple[str, int, set[int]]]) -> None:
    """Records overlap, interleave and leave holes; each is there once, in order, as it was written."""
    model: set[tuple[int, int]] = set()
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(SCHEMA)
        packs = Packs(database)
        for what, series, seqs in steps:
            keys = {(series, seq) for seq in seqs}
            if what == "add":
                packs.add(stored(*key) for key in keys)
                model |= keys
            elif what == "drop":
                packs.drop(record_id(*key) for key in sorted(keys))
                model -= keys
            else:
                packs.drop_ranges(series, ranges_of(sorted(seqs)))
                model -= keys
        for series in (1, 2, 3):
            expected = [stored(*key) for key in sorted(model) if key[0] == series and 5 <= key[1] <= 25]
            assert packs.rows(series, WITHIN, 100) == expected
            assert packs.rows(series, WITHIN, 2) == expected[:2]
            assert packs.ids(series, WITHIN, 100) == [row.id for row in expected]
            assert packs.first(series, WITHIN) == (expected[0].seq if expected else None)
        assert disjoint(database)


def disjoint(database: sqlite3.Connection) -> bool:
    """Say whether no pack reaches into the next one."""
    spans = database.execute("SELECT id, last FROM packs ORDER BY id").fetchall()
    return all(last < following for (_, last), (following, _) in pairwise(spans))


def test_packs_dropped_whole_are_not_read() -> None:
    """A receipt for what one commit brought costs one delete: a body that is no CBOR stays unseen."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(SCHEMA)
        packs = Packs(database)
        packs.add(stored(1, seq) for seq in range(60))
        database.execute("UPDATE packs SET body = x'ff'")
        packs.drop_ranges(1, ((0, 59),))
        assert database.execute("SELECT count(*) FROM packs").fetchone() == (0,)


def test_packs_added_together_are_a_row_a_series() -> None:
    """That is what spares the flash: sixty records of two streams are two rows."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(SCHEMA)
        Packs(database).add(stored(1 + seq % 2, seq) for seq in range(60))
        assert database.execute("SELECT id, last FROM packs ORDER BY id").fetchall() == [
            (record_id(1, 0), record_id(1, 58)),
            (record_id(2, 1), record_id(2, 59)),
        ]


def test_packs_of_large_records_are_small_ones() -> None:
    """To drop a window out of the middle writes its few neighbours again, and no other window."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(SCHEMA)
        packs = Packs(database)
        packs.add(stored(1, seq)._replace(body=bytes(10_000)) for seq in range(9))
        spans = database.execute("SELECT id & 255, last & 255 FROM packs ORDER BY id").fetchall()
        assert spans == [(0, 1), (2, 3), (4, 5), (6, 7), (8, 8)]
        packs.drop([record_id(1, 4)])
        assert packs.ids(1, (0, 99), 99) == [record_id(1, seq) for seq in (0, 1, 2, 3, 5, 6, 7, 8)]
        assert disjoint(database)
