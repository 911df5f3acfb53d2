"""The shelf: what the outbox has on disk, with a picture of its series and frames in memory.

Records of a series are either inside a frame, which is resent as it is, or pending. A frame covers all that its series
has between its first and its last seq, so what is pending are the gaps between frames, and framing writes no record.

All of it happens in the store's open transaction; `save` ends it. After an error the shelf is thrown away and made
anew from the disk.
"""

from __future__ import annotations

import heapq
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from node.lazy import lazy
from node.transmit.framing import Compose, Row, Series, UnframeableError
from node.transmit.packs import SEQ_BITS, SEQ_MAX, Stored, record_id
from node.transmit.ranges import common, count, gaps, ranges_of
from node.transmit.store import Kept, Store
from node.transmit.thinning import doomed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import cbor2

    from node import wal
    from node.transmit.group import Entry
    from node.transmit.poison import Blame
    from node.transmit.ranges import Range, Ranges
    from node.values import Receipt
else:
    cbor2 = lazy("cbor2")

WHOLE: Final = (0, SEQ_MAX)
CHUNK_ROWS: Final = 1024
"""Thinned at a time: some dozens of pages, a few milliseconds."""
CHUNK_BYTES: Final = 1 << 20
"""The same of windows, which are larger than records: else more would go than the room that is wanted."""
CHUNKS_AT_ONCE: Final = 64
"""At most this many before a commit, so that a cycle stays short; the next commit goes on."""


class Head(NamedTuple):
    """The next record to frame of one series; the smallest of all is framed first.

    Attributes:
        rank: minus the priority.
        boot: the oldest series of its boot: boots go in their order.
        seq: of the record.
        series: its series.
        last: where its gap between frames ends.
    """

    rank: int
    boot: int
    seq: int
    series: int
    last: int


class Shelf:
    """What is on disk.

    Attributes:
        series: by id; oldest first.
        frames: by id; those waiting for a receipt.
        tally: what was counted since the last `save`.
        counted_durably: what was counted by this shelf before that.
        totals: what was counted in this file's whole life, until the last `save`.
    """

    def __init__(self, store: Store, boot_id: bytes) -> None:
        """Look at what the store holds, and forget what is empty.

        Args:
            store: open.
            boot_id: of this start; its series stay even while they have no records.
        """
        self._store = store
        self._packs = store.packs
        self.series = store.series()
        self.frames = store.frames()
        self.totals = Counter(store.tally())
        self.tally: Counter[str] = Counter()
        self.counted_durably: Counter[str] = Counter()
        self._cursors: Counter[int] = Counter()
        self._payloads: dict[int, bytes] = {}
        self._sweep(boot_id)
        self._ids = {series: series_id for series_id, series in self.series.items()}

    @property
    def unsaved(self) -> bool:
        """Whether something waits for `save`."""
        return self._store.unsaved

    @property
    def counted(self) -> Counter[str]:
        """What was counted since this shelf was made."""
        return self.counted_durably + self.tally

    def save(self) -> None:
        """Make all since the last save durable."""
        if not self._store.unsaved:
            return
        self._store.add_tally(self.tally)
        self._store.commit()
        self.totals.update(self.tally)
        self.counted_durably.update(self.tally)
        self.tally = Counter()

    def close(self) -> None:
        """Close the file; what was not saved is lost."""
        self._store.close()

    def abandon(self) -> wal.Committed | None:
        """Close the file after an error; see `Store.abandon`."""
        return self._store.abandon()

    def add(self, entries: Sequence[Entry]) -> None:
        """Take records in."""
        self._store.begin()
        for series in {entry.series for entry in entries} - self._ids.keys():
            self._add_series(series)
        ids = self._ids
        self._packs.add(Stored(record_id(ids[series], seq), time_ms, body) for series, seq, time_ms, body in entries)
        self.tally["committed"] += len(entries)

    def _add_series(self, series: Series) -> None:
        series_id = max(self.series, default=0) + 1
        self._store.add_series(series_id, series)
        self.series[series_id] = series
        self._ids[series] = series_id

    # Framing.

    def waiting(self) -> list[Kept]:
        """Return the frames in the order to send them: suspects last, then by priority, then the oldest first."""
        boots = self._boots()

        def order(kept: Kept) -> tuple[bool, int, int, int, int]:
            series = self.series[kept.series]
            return (
                kept.suspect,
                kept.strikes if kept.suspect else 0,
                -series.priority,
                boots[series.boot_id],
                kept.ranges[0][0],
            )

        return sorted(self.frames.values(), key=order)

    def compose(self, compose: Compose, batch_records: int, limit: int) -> None:
        """Frame pending records until there are `limit` frames, or more where higher priorities wait behind lower.

        Args:
            compose: turns rows into a payload.
            batch_records: most rows in a frame.
            limit: of the frames.
        """
        heads = self._heads()
        while heads and (len(self.frames) < limit or -heads[0].rank > self._lowest_priority()):
            head = heapq.heappop(heads)
            self._frame(head, compose, batch_records)
            following = self._head(head.series)
            if following:
                heapq.heappush(heads, following)

    def _frame(self, head: Head, compose: Compose, batch_records: int) -> None:
        series = self.series[head.series]
        most = 1 if series.kind == "raw" else batch_records
        stored = self._packs.rows(head.series, (head.seq, head.last), most)
        self._store.begin()
        try:
            payload, taken = compose(series, _rows(stored, series))
        except UnframeableError as error:
            self._store.quarantine(series, ((head.seq, head.seq),), stored[0].body, str(error))
            self._packs.drop([stored[0].id])
            self.tally["quarantined"] += 1
            return
        kept = Kept(
            id=max(self.frames, default=0) + 1,
            series=head.series,
            ranges=ranges_of(each.seq for each in stored[:taken]),
            size_bytes=len(payload),
            crc=zlib.crc32(payload),
        )
        self._store.add_frame(kept)
        self.frames[kept.id] = kept
        self._payloads[kept.id] = payload
        self.tally["framed"] += 1

    def payload(self, kept: Kept, compose: Compose) -> bytes | None:
        """Return a frame's payload, made again from its records where an earlier start composed it.

        Args:
            kept: the frame.
            compose: turns rows into a payload.

        Returns:
            The same bytes each time; None where today's encoder makes others, and then its records are pending again.
        """
        if kept.id not in self._payloads:
            payload = self._remade(kept, compose)
            if payload is None:
                self._store.begin()
                self._dissolve(kept)
                return None
            self.hold(kept, payload)
        return self._payloads[kept.id]

    def _remade(self, kept: Kept, compose: Compose) -> bytes | None:
        series = self.series[kept.series]
        inside = kept.ranges[0][0], kept.ranges[-1][1]
        try:
            payload, _ = compose(series, _rows(self._packs.rows(kept.series, inside, SEQ_MAX), series))
        except UnframeableError:
            return None
        return payload if zlib.crc32(payload) == kept.crc else None

    def hold(self, kept: Kept, payload: bytes) -> None:
        """Remember a frame's payload, as long as this shelf lives."""
        self._payloads[kept.id] = payload

    def dissolve_above(self, most_bytes: int) -> None:
        """Make the frames that are larger than a broker takes pending again, to be framed smaller."""
        for kept in list(self.frames.values()):
            if kept.size_bytes > most_bytes:
                self._store.begin()
                self._dissolve(kept)

    def _lowest_priority(self) -> int:
        return min(self.series[kept.series].priority for kept in self.frames.values())

    def _heads(self) -> list[Head]:
        heads = []
        for series_id in list(self.series):
            head = self._head(series_id)
            if head:
                heads.append(head)
        heapq.heapify(heads)
        return heads

    def _head(self, series_id: int) -> Head | None:
        series = self.series[series_id]
        for gap in self._pending(series_id):
            seq = self._packs.first(series_id, gap)
            if seq is not None:
                return Head(-series.priority, self._boots()[series.boot_id], seq, series_id, gap[1])
        return None

    def _boots(self) -> Mapping[bytes, int]:
        """Return for each boot the id of its oldest series."""
        boots: dict[bytes, int] = {}
        for series_id, series in self.series.items():
            boots.setdefault(series.boot_id, series_id)
        return boots

    def _pending(self, series_id: int, within: Range = WHOLE) -> Sequence[Range]:
        return gaps(
            ((kept.ranges[0][0], kept.ranges[-1][1]) for kept in self.frames.values() if kept.series == series_id),
            within,
        )

    # Forgetting.

    def settle(self, receipt: Receipt) -> int:
        """Forget what was receipted. What was never framed was never sent: a receipt for it is void.

        Returns:
            How many records.
        """
        settled = 0
        for kept in list(self.frames.values()):
            got = common(kept.ranges, receipt.ranges) if self._boot_of(kept) == receipt.boot_id else ()
            if got:
                self._store.begin()
                self._packs.drop_ranges(kept.series, got)
                self._dissolve(kept)
                settled += count(got)
        self.tally["receipted"] += settled
        return settled

    def strike(self, kept: Kept, blame: Blame, most: int) -> None:
        """Count a session that ended badly for a frame, where that is proven; after `most` of them it is set aside.

        What is not proven does not count, or a broker that failed everybody for a night would leave all of them one bad
        moment away from the end.

        Args:
            kept: the frame.
            blame: what is held against it.
            most: strikes.
        """
        strikes = kept.strikes + blame.proven
        if strikes >= most:
            self.quarantine(kept, f"{strikes} sessions ended badly: {blame.reason}")
            return
        struck = kept._replace(strikes=strikes, suspect=kept.suspect or blame.suspect)
        self._store.begin()
        self._store.strike(struck)
        self.frames[kept.id] = struck

    def quarantine(self, kept: Kept, reason: str) -> None:
        """Set a frame whose payload is held aside, with its records, so that the others can go on."""
        self._store.begin()
        self._store.quarantine(self.series[kept.series], kept.ranges, self._payloads[kept.id], reason)
        self._packs.drop_ranges(kept.series, kept.ranges)
        self._dissolve(kept)
        self.tally["quarantined"] += count(kept.ranges)

    def _dissolve(self, kept: Kept) -> None:
        """Forget a frame; what is left of its records is pending again."""
        self._store.drop_frame(kept.id)
        del self.frames[kept.id]
        self._payloads.pop(kept.id, None)

    def _boot_of(self, kept: Kept) -> bytes:
        return self.series[kept.series].boot_id

    def quarantined(self) -> list[tuple[str, Ranges, str]]:
        """Return the newest of what was set aside: stream, seqs, reason."""
        return self._store.quarantined()

    def _sweep(self, boot_id: bytes) -> None:
        """Forget the series of other boots that have no records left."""
        for series_id, series in list(self.series.items()):
            if series.boot_id != boot_id and self._packs.first(series_id, WHOLE) is None:
                self._store.begin()
                self._store.drop_series(series_id)
                del self.series[series_id]

    # Thinning.

    def thin(self, capacity_bytes: int, keep_every: int) -> None:
        """Thin the lowest priorities until the file fits."""
        for _ in range(CHUNKS_AT_ONCE):
            if self._store.used_bytes() <= capacity_bytes or not self._thin_chunk(keep_every):
                return

    def _thin_chunk(self, keep_every: int) -> bool:
        """Thin what is pending of the lowest priority; where all of that is framed, have it pending again."""
        for priority in sorted({series.priority for series in self.series.values()}):
            ids = self._chunk(priority, self._cursors[priority]) or self._chunk(priority, 0)
            if ids:
                self._cursors[priority] = ids[-1]
                self._drop(doomed(ids, keep_every), priority)
                return True
            framed = [kept for kept in self.frames.values() if self.series[kept.series].priority == priority]
            for kept in framed:
                self._dissolve(kept)
            if framed:
                return True
        return False

    def _chunk(self, priority: int, after: int) -> list[int]:
        """Return the oldest pending keys of a priority past `after`, at most CHUNK_ROWS, of about CHUNK_BYTES."""
        ids: list[int] = []
        size_bytes = 0
        for key, key_bytes in self._pending_keys(priority, after):
            ids.append(key)
            size_bytes += key_bytes
            if len(ids) == CHUNK_ROWS or size_bytes >= CHUNK_BYTES:
                break
        return ids

    def _pending_keys(self, priority: int, after: int) -> Iterator[tuple[int, int]]:
        for series_id, series in self.series.items():
            if series.priority != priority or series_id < after >> SEQ_BITS:
                continue
            start = (after & SEQ_MAX) + 1 if series_id == after >> SEQ_BITS else 0
            for gap in self._pending(series_id, (start, SEQ_MAX)):
                yield from self._packs.keys(series_id, gap)

    def _drop(self, ids: Sequence[int], priority: int) -> None:
        self._packs.drop(ids)
        self.tally["dropped"] += len(ids)
        self.tally[f"dropped_{priority}"] += len(ids)


def _rows(stored: Iterable[Stored], series: Series) -> list[Row]:
    columns = series.columns
    return [(each.seq, each.time_ms, dict(zip(columns, cbor2.loads(each.body), strict=True))) for each in stored]
