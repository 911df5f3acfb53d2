"""The outbox: records on disk until the gateway says that it has committed them.

`append` keeps a record in memory until its group is due; `commit` makes the group durable; `frames` composes messages
and keeps what they are made of, so that a resend is the same bytes also after a reboot; `settle` forgets what was
receipted, and nothing else ever makes it forget: not a PUBACK, not a restart. It is bounded: see `thinning`.

A crash at any point loses at most the uncommitted group. A disk that refuses is a reason in `trouble`, not the end of
the cycle: records wait in memory, bounded, until it takes them. A damaged file is moved aside.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections import Counter
from typing import TYPE_CHECKING, Final, TypeVar

from node import wal
from node.errors import HardwareError
from node.transmit import framing, group, owed, picking, raw, shelf, store, tenancy
from node.transmit.bounds import Params

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from node.transmit.framing import Encode
    from node.transmit.picking import Limits
    from node.transmit.poison import Blame
    from node.transmit.ranges import Ranges
    from node.transmit.shelf import Shelf
    from node.transmit.store import Connect, Kept
    from node.values import Frame, Receipt, Record, Window

__all__ = ["Outbox", "Params"]

log = logging.getLogger(__name__)
T = TypeVar("T")

RETRY_S: Final = 10.0
"""Between two attempts at a disk that refuses: each of them may block for long."""


class Outbox:
    """Keeps records until they are receipted. One process start is one Outbox, with a boot id of its own.

    Attributes:
        trouble: why the disk refuses; empty while it does not.
    """

    def __init__(
        self, path: Path, params: Params, boot_id: bytes, encode: Encode, connect: Connect | None = None
    ) -> None:
        """Open the file, or make it; a damaged one is moved aside. A disk that refuses is a reason in `trouble`.

        Args:
            path: the database; its folder is made where it is missing.
            params: as configured.
            boot_id: 6 random bytes, new for every process start: after a lost tail the same boot would give the
                same seq to other data, which the gateway would take for a duplicate.
            encode: turns the rows of records into a payload.
            connect: how its database is opened; None for the usual way (see `Store`).

        Raises:
            ValueError: this boot id was used before.
        """
        self.trouble = ""
        self._path = path
        self._params = params
        self._boot_id = boot_id
        self._encode = encode
        self._connect = connect
        self._counted: Counter[str] = Counter()
        self._next_seq = 0
        self._group = group.Group()
        self._retry_at_s = 0.0
        self._shelf: Shelf | None = None
        self._is_alone = False
        self._tenancy: tenancy.Tenancy | None = None
        self._stays: wal.Committed | None = None
        self._owed = owed.Owed()
        self._open_quietly()

    def _open_quietly(self) -> None:
        """Open what the last start left, and refuse to be it."""
        try:
            known = self._on_disk(lambda shelf: list(shelf.series.values()))
        except HardwareError:
            return
        if any(series.boot_id == self._boot_id for series in known):
            raise ValueError(f"boot id {self._boot_id.hex()} was used before; draw a new one for every start")

    # In.

    def append(self, record: Record, now_s: float) -> int:
        """Keep a record; make its group durable where that is due. A disk that refuses does not raise here.

        Args:
            record: what to keep.
            now_s: monotonic.

        Returns:
            Its seq.

        Raises:
            TypeError: a value is neither number nor word; this record is not kept.
        """
        series, body = framing.kept(record, self._boot_id)
        return self._add(series, record.time_ms, body, now_s, critical=record.critical)

    def append_raw(self, window: Window, now_s: float) -> int:
        """Keep a raw window: a record of its own, with a seq, a commit and a receipt, that goes out by itself.

        Args:
            window: what to keep; it is compressed here, and no larger in memory or on disk.
            now_s: monotonic.

        Returns:
            Its seq.

        Raises:
            ValueError: no message can hold it; this window is not kept, and counted as refused.
        """
        try:
            series, body = raw.kept(window, self._boot_id)
        except ValueError:
            self._counted["windows_refused"] += 1
            raise
        self._counted["windows"] += 1
        return self._add(series, window.time_ms, body, now_s)

    def _add(self, series: framing.Series, time_ms: int, body: bytes, now_s: float, *, critical: bool = False) -> int:
        seq = self._next_seq
        self._next_seq += 1
        self._group.add(group.Entry(series, seq, time_ms, body), now_s)
        if critical or self._group.is_full(self._params.group_records) or self.due(now_s):
            self._commit_quietly(now_s)
        return seq

    def follow(self, params: Params) -> None:
        """Keep and send as configured anew."""
        self._params = params

    def due(self, now_s: float) -> bool:
        """Say whether a record has waited long enough for its group."""
        return self._group.has_waited(self._params.group_s, now_s)

    def commit(self) -> int:
        """Make what waits durable: the group, and what was settled.

        Returns:
            How many records reached the disk.

        Raises:
            HardwareError: the disk refuses; nothing is forgotten.
        """
        if not self._group and not (self._shelf and self._shelf.unsaved):
            return 0
        return self._on_disk(self._write)

    def close(self) -> None:
        """Commit and close the file.

        Raises:
            HardwareError: the disk refuses; the last group is lost with this process.
        """
        try:
            self.commit()
        finally:
            self._shut()
            self._tenancy = None

    def _commit_quietly(self, now_s: float) -> None:
        """Commit unless the disk refused a moment ago; bound what waits in memory."""
        if not self.trouble or now_s >= self._retry_at_s:
            try:
                self.commit()
            except HardwareError:  # its reason is kept in `trouble`
                self._retry_at_s = now_s + RETRY_S
        self._group.bound(self._params.memory_records, self._params.keep_every)

    def _write(self, shelf: Shelf) -> int:
        """Put the group on disk."""
        written = len(self._group)
        if written:
            shelf.add(self._group.entries)
            shelf.thin(self._params.capacity_bytes, self._params.keep_every)
        self._save(shelf)
        self._group.clear()
        return written

    def _save(self, shelf: Shelf) -> None:
        shelf.save()
        self._owed.clear()

    # Out.

    def frames(
        self, *, limit_count: int = 50, limit_bytes: int = 1 << 20, most_bytes: int | None = None
    ) -> list[Frame]:
        """Return what to send, in order: the highest priority first, then the oldest.

        Pending records are committed and framed as needed; a frame is on disk before it is handed out, unless the disk
        refuses, and is the same bytes each time until it is settled. A suspect (see `poison`) comes when nothing else
        is left, and alone.

        Args:
            limit_count: most frames.
            limit_bytes: most payload bytes together; one frame is always returned.
            most_bytes: largest payload that the broker takes; larger frames are made anew from their records. None
                for what the contract allows.
        """
        limits = picking.Limits(
            most_bytes=min(most_bytes or framing.LIMIT_BYTES, framing.LIMIT_BYTES),
            batch_records=self._params.batch_records,
            frames=limit_count,
            size_bytes=limit_bytes,
        )
        if not self._is_alone:
            with contextlib.suppress(HardwareError):  # its reason is kept in `trouble`
                return self._on_disk(lambda shelf: self._composed(shelf, limits))
        return self._unwritten(limits)

    def _composed(self, shelf: Shelf, limits: Limits) -> list[Frame]:
        if self._group:
            self._write(shelf)
        frames = picking.pick(shelf, self._encode, limits, self._owed)
        self._save(shelf)
        return frames

    def _unwritten(self, limits: Limits) -> list[Frame]:
        """Compose from what was committed, and write nothing; after a restart it may be framed otherwise."""
        try:
            if self._shelf is None:
                self._shelf = self._made(store.alone)
                self._is_alone = True
            return picking.pick(self._shelf, self._encode, limits, self._owed)
        except (OSError, sqlite3.Error):
            self._shut(failed=True)
            return []

    def settle(self, receipt: Receipt) -> int:
        """Forget exactly the records that the gateway has committed. Ranges that were never sent are ignored.

        It is made durable with the next commit: until then a crash only means that they are sent again.

        Returns:
            How many records were forgotten.
        """
        if self._shelf is not None:
            self._owed.add(self._shelf, receipt)
        try:
            if self._is_alone and self._shelf is not None:
                return self._shelf.settle(receipt)
            return self._on_disk(lambda shelf: shelf.settle(receipt))
        except (HardwareError, sqlite3.Error):  # its reason is kept in `trouble`, and what is owed in memory
            return 0

    def strike(self, frames: Collection[Frame], blame: Blame) -> None:
        """Count a session that ended badly for these frames; after too many they are set aside."""
        self._each(frames, lambda shelf, kept: shelf.strike(kept, blame, self._params.strikes))

    def refuse(self, frame: Frame, reason: str) -> None:
        """Set a frame aside that cannot be sent at all."""
        log.error("transmit: a message of %d bytes was set aside: %s", len(frame.payload), reason)
        self._each((frame,), lambda shelf, kept: shelf.quarantine(kept, reason))

    def _each(self, frames: Collection[Frame], work: Callable[[Shelf, Kept], None]) -> None:
        """Do something with those of the frames that still wait."""
        wanted = {(frame.boot_id, frame.ranges): frame.payload for frame in frames}

        def do(shelf: Shelf) -> None:
            for kept in shelf.waiting():
                payload = wanted.get((shelf.series[kept.series].boot_id, kept.ranges))
                if payload is not None:
                    shelf.hold(kept, payload)
                    work(shelf, kept)
            self._save(shelf)

        with contextlib.suppress(HardwareError):  # its reason is kept in `trouble`
            self._on_disk(do)

    # What there is.

    @property
    def waiting(self) -> int:
        """How many records wait, in memory and on disk."""
        totals = self.totals
        gone = totals["receipted"] + totals["dropped"] + totals["quarantined"]
        return len(self._group) + totals["committed"] - gone

    @property
    def counters(self) -> Counter[str]:
        """Since this start: appended, committed, framed, receipted, quarantined, damaged, dropped and shed.

        Raw windows are among them, and by themselves in `windows` and `windows_refused`. Dropped records were thinned
        on disk, with `dropped_<priority>` beside; shed ones in memory, never committed.
        """
        counted = self._counted.copy()
        counted.update(self._shelf.counted if self._shelf else {})
        counted["appended"], counted["shed"] = self._next_seq, self._group.shed
        return counted

    @property
    def totals(self) -> Counter[str]:
        """The same for the whole life of the file, as far as it was made durable or is about to be."""
        return self._shelf.totals + self._shelf.tally if self._shelf else Counter()

    def quarantined(self) -> list[tuple[str, Ranges, str]]:
        """Return the newest of what was set aside: stream, seqs, reason.

        Raises:
            HardwareError: the disk refuses.
        """
        return self._on_disk(lambda shelf: shelf.quarantined())

    # The disk.

    def _on_disk(self, work: Callable[[Shelf], T]) -> T:
        """Do work on the shelf; after an error it is made anew from the disk by whoever comes next.

        Raises:
            HardwareError: the disk refuses.
        """
        try:
            done = self._past_damage(work)
        except (OSError, sqlite3.Error) as error:
            self._shut(failed=True)
            remedy = "" if isinstance(error, tenancy.TakenError) else ", free the disk or replace it"
            trouble = f"outbox {self._path}: {error}; records wait in memory{remedy}"
            if not self.trouble:
                log.warning("%s", trouble)
            self.trouble = trouble
            raise HardwareError(trouble) from error
        if self.trouble:
            log.info("outbox %s: works again", self._path)
            self.trouble = ""
        if self._is_alone:
            self._shut()
        return done

    def _past_damage(self, work: Callable[[Shelf], T]) -> T:
        """Do work; where the file turns out to be damaged, move it aside and do it once more on a fresh one.

        After an error of the device SQLite calls a sound file damaged for as long as it is open: so it is opened anew.
        """
        for is_last in (False, True):
            try:
                return work(self._opened())
            except sqlite3.OperationalError:  # the disk, not the file: full, read-only, gone
                raise
            except sqlite3.DatabaseError as error:
                if is_last:
                    self._move_aside(error)
                self._shut(failed=True)
        return work(self._opened())

    def _opened(self) -> Shelf:
        if self._stays is not None:
            self._shut(failed=True)
            wal.cut(self._path, self._stays)
            self._stays = None
        if self._shelf is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._tenancy = tenancy.taken(self._path.parent)
            self._shelf = self._made(lambda connect: connect)
        return self._shelf

    def _made(self, how: Callable[[Connect], Connect]) -> Shelf:
        return shelf.Shelf(store.Store(self._path, how(self._connect or store.connect)), self._boot_id)

    def _shut(self, *, failed: bool = False) -> None:
        if self._shelf is None:
            return
        self._counted.update(self._shelf.counted_durably)
        was, self._shelf, self._is_alone = self._shelf, None, False
        with contextlib.suppress(sqlite3.Error):
            if failed:
                self._stays = was.abandon() or self._stays
            else:
                was.close()

    def _move_aside(self, error: Exception) -> None:
        """Keep a damaged file for a person to look at; one is enough, so that they cannot fill the disk."""
        self._shut(failed=True)
        aside = self._path.with_name(f"{self._path.name}.damaged")
        log.error("outbox %s: damaged (%s); moved to %s, going on with a fresh one", self._path, error, aside.name)
        store.move(self._path, aside)
        self._stays = None
        self._counted["damaged"] += 1
