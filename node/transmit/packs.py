"""Packs: the records of a series that one commit brought, as one row on disk, or a few where they are large.

A row a record leaves every page with a rest that no record fits into, and writes each page's tree anew; a pack fills
pages to their end, and most packs are deleted as they came, without being read. What is dropped out of the middle of
one makes it a smaller pack.

A record's key is its series and its seq in one integer, so that the packs of a series lie together on disk, no index
is written beside them, and an append goes to the end of the tree. A pack's key is its first record's:

    bit 62........40 39..........0
        series       seq
"""

from __future__ import annotations

from bisect import bisect_right
from contextlib import closing
from itertools import groupby, islice
from typing import TYPE_CHECKING, Final, NamedTuple

from node.lazy import lazy
from node.transmit.ranges import ranges_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    import cbor2

    from node.transmit.ranges import Range
else:
    cbor2 = lazy("cbor2")

SEQ_BITS: Final = 40
SEQ_MAX: Final = (1 << SEQ_BITS) - 1

SCHEMA: Final = "CREATE TABLE packs (id INTEGER PRIMARY KEY, last INTEGER NOT NULL, body BLOB NOT NULL)"
PACK_BYTES: Final = 1 << 14
"""Of bodies; beyond, to drop one record out of the middle would write too many others again."""
WITHIN: Final = """
FROM packs WHERE last >= :first AND id BETWEEN
    coalesce((SELECT max(id) FROM packs WHERE id <= :first), :first) AND :last ORDER BY id
"""
"""Packs that reach into a span of keys. They never overlap, so that of those before it only the last one may."""


class Stored(NamedTuple):
    """A record.

    Attributes:
        id: series and seq in one.
        time_ms: the sample's time.
        body: CBOR array of the values, in the series' column order.
    """

    id: int
    time_ms: int
    body: bytes

    @property
    def seq(self) -> int:
        """The seq alone."""
        return self.id & SEQ_MAX


def record_id(series: int, seq: int) -> int:
    """Return a record's key.

    >>> record_id(1, 5) == (1 << 40) + 5
    True
    """
    return series << SEQ_BITS | seq


def packed(rows: Sequence[Stored]) -> bytes:
    """Return a pack's body: CBOR arrays of what keys and times add to the first ones, and of bodies.

    Args:
        rows: at least one, keys ascending.
    """
    first = rows[0]
    keys, times = [row.id - first.id for row in rows], [row.time_ms - first.time_ms for row in rows]
    return cbor2.dumps([first.time_ms, keys, times, [row.body for row in rows]])


def unpacked(first_id: int, body: bytes) -> list[Stored]:
    """Return the records of a pack.

    >>> rows = [Stored(7, 1000, b"one"), Stored(9, 900, b"two")]
    >>> unpacked(7, packed(rows)) == rows
    True
    """
    start_ms, keys, times, bodies = cbor2.loads(body)
    return [
        Stored(first_id + key, start_ms + time_ms, each) for key, time_ms, each in zip(keys, times, bodies, strict=True)
    ]


def portions(rows: Sequence[Stored]) -> Iterator[list[Stored]]:
    """Give the rows of one series in packs of a sensible size.

    >>> [[row.id for row in each] for each in portions([Stored(n, 0, bytes(7000)) for n in range(4)])]
    [[0, 1, 2], [3]]
    """
    portion: list[Stored] = []
    size_bytes = 0
    for row in rows:
        portion.append(row)
        size_bytes += len(row.body)
        if size_bytes >= PACK_BYTES:
            yield portion
            portion, size_bytes = [], 0
    if portion:
        yield portion


class Packs:
    """The records of an open database, within its transaction."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Take the database; its table is the store's to make."""
        self._db = database

    def add(self, rows: Iterable[Stored]) -> None:
        """Keep records, a pack a series; one that is there already is the same, from a commit whose answer was lost."""
        for _, group in groupby(sorted(rows), key=lambda row: row.id >> SEQ_BITS):
            fresh = list(group)
            there = [row for pack in self._reaching_into((fresh[0].id, fresh[-1].id)) for row in pack]
            if there:  # packs never overlap
                self._db.executemany("DELETE FROM packs WHERE id = ?", ((row.id,) for row in there))
                fresh = sorted({row.id: row for row in (*there, *fresh)}.values())
            for portion in portions(fresh):
                self._put(portion)

    def _put(self, rows: Sequence[Stored]) -> None:
        self._db.execute("INSERT INTO packs VALUES (?, ?, ?)", (rows[0].id, rows[-1].id, packed(rows)))

    def first(self, series_id: int, within: Range) -> int | None:
        """Return the lowest seq of a series within a range."""
        found = self.ids(series_id, within, 1)
        return found[0] & SEQ_MAX if found else None

    def ids(self, series_id: int, within: Range, limit: int) -> list[int]:
        """Return keys of records of a series within a range of seqs, ascending."""
        return [key for key, _ in islice(self.keys(series_id, within), limit)]

    def keys(self, series_id: int, within: Range) -> Iterator[tuple[int, int]]:
        """Give keys as `ids`, each with the size of its record's body; no more of them is held than a pack."""
        first, last = key_span(series_id, within)
        for pack in self._reaching_into((first, last)):
            yield from [(row.id, len(row.body)) for row in pack if first <= row.id <= last]

    def rows(self, series_id: int, within: Range, limit: int) -> list[Stored]:
        """Return records of a series within a range of seqs, ascending."""
        span = key_span(series_id, within)
        found: list[Stored] = []
        for pack in self._reaching_into(span):
            found += [row for row in pack if span[0] <= row.id <= span[1]]
            if len(found) >= limit:
                break
        return found[:limit]

    def _reaching_into(self, span: Range) -> Iterator[list[Stored]]:
        """Give pack after pack; whoever stops early leaves no statement open, which would hold up checkpoints."""
        with closing(self._db.execute(f"SELECT id, body {WITHIN}", {"first": span[0], "last": span[1]})) as cursor:
            for first_id, body in cursor:
                yield unpacked(first_id, body)

    def drop(self, ids: Iterable[int]) -> None:
        """Forget records by their keys, ascending."""
        self._drop(ranges_of(ids))

    def drop_ranges(self, series_id: int, ranges: Iterable[Range]) -> None:
        """Forget records of a series by their seqs, ascending."""
        self._drop([key_span(series_id, each) for each in ranges])

    def _drop(self, spans: Sequence[Range]) -> None:
        """Forget whole packs unread, and what is left of others, once each."""
        self._db.executemany(
            "DELETE FROM packs WHERE id BETWEEN ? AND ? AND last <= ?", [(*span, span[1]) for span in spans]
        )
        torn = {pack[0].id: pack for span in spans for pack in self._reaching_into(span)}
        for first_id, pack in torn.items():
            left = [row for row in pack if not _inside(row.id, spans)]
            if len(left) < len(pack):
                self._db.execute("DELETE FROM packs WHERE id = ?", (first_id,))
                if left:
                    self._put(left)


def key_span(series_id: int, within: Range) -> Range:
    """Return the keys of a series' seqs.

    >>> key_span(1, (5, 1 << 50)) == (record_id(1, 5), record_id(1, SEQ_MAX))
    True
    """
    return record_id(series_id, within[0]), record_id(series_id, min(within[1], SEQ_MAX))


def _inside(key: int, spans: Sequence[Range]) -> bool:
    place = bisect_right(spans, (key, 1 << 63))
    return place > 0 and key <= spans[place - 1][1]
