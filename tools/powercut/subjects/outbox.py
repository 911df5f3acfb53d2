"""The outbox: records that were committed, until they are receipted; frames that were sent, to the byte."""

from __future__ import annotations

import json
import sqlite3
import zlib
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import cbor2
import numpy as np

from node.transmit import outbox
from node.transmit.ranges import Ranges
from node.transmit.store import Connect
from node.values import Block, Receipt, Record, TimeQuality, Window
from node.wire import codec
from node.wire.messages import Raw
from tools.powercut.subject import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from node.transmit.framing import Row
    from node.values import Frame, Value
    from tools.powercut.subject import Promise

PARAMS: Final = outbox.Params(group_records=6, batch_records=40)
BOOTS: Final = ((b"boot-1", 1800), (b"boot-2", 300))
"""The first start writes past SQLite's checkpoint at 1,000 pages, and closes; the second ends in the middle."""
SEND_EVERY: Final = 60
WINDOW_EVERY: Final = 50
"""One record of so many is a raw window, of several pages."""
ALL_BYTES: Final = 1 << 30

Key = tuple[bytes, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxTrial:
    """Promises each group that was committed, and that a frame which was handed out stays as it is.

    Attributes:
        name: of the subject.
        connect: how the outbox at work opens its database; None as on a node. Checks are made as on a node.
    """

    name: str = "outbox"
    connect: Connect | None = None

    def work(self, folder: Path, promise: Promise) -> None:
        """Append, commit, frame; have every other frame receipted."""
        for boot_id, count in BOOTS:
            box = outbox.Outbox(_path(folder), PARAMS, boot_id, encode, self.connect)
            kept = 0
            for seq in range(count):
                if seq % WINDOW_EVERY:
                    box.append(record(boot_id, seq), 0.0)
                else:
                    box.append_raw(window(boot_id, seq), 0.0)
                if box.counters["committed"] > kept:
                    kept = box.counters["committed"]
                    _say(promise, "kept", boot_id, ((0, kept - 1),))
                if seq % SEND_EVERY == SEND_EVERY - 1:
                    _send(box, promise)
            if boot_id != BOOTS[-1][0]:
                box.close()

    def check(self, folder: Path, promised: Sequence[str]) -> Finding:
        """Open it as the next start does, and compare all that it would send with what was promised."""
        told = Told.of(promised)
        if not _path(folder).exists():
            return Finding(lost=len(told.kept), what="no database") if told.kept else Finding()
        damaged = int(not _sound(_path(folder)))
        box = outbox.Outbox(_path(folder), PARAMS, b"boot-9", encode)
        try:
            frames = box.frames(limit_count=1 << 20, limit_bytes=ALL_BYTES)
        finally:
            box.close()
        return _compared(told, frames, damaged + box.counters["damaged"] + bool(box.trouble))


@dataclass(slots=True)
class Told:
    """What was promised.

    Attributes:
        kept: records that were committed.
        gone: records that a receipt was on its way for.
        framed: a frame's checksum, by boot id and ranges.
    """

    kept: set[Key] = field(default_factory=set)
    gone: set[Key] = field(default_factory=set)
    framed: dict[tuple[bytes, Ranges], int] = field(default_factory=dict)

    @classmethod
    def of(cls, promised: Iterable[str]) -> Told:
        """Read the promises."""
        told = cls()
        for words in promised:
            what, boot, spans, *crc = json.loads(words)
            boot_id, ranges = bytes.fromhex(boot), tuple((first, last) for first, last in spans)
            if what == "framed":
                told.framed[boot_id, ranges] = crc[0]
            else:
                (told.kept if what == "kept" else told.gone).update(_keys(boot_id, ranges))
        return told


def record(boot_id: bytes, seq: int) -> Record:
    """Return a record of about 200 B that can be told from every other."""
    values: dict[str, Value] = {f"column_{column}": seq + column / 7 for column in range(21)}
    return Record(stream="trial", time_ms=seq, time_quality=TimeQuality.SYNCED, values={**values, "b": boot_id.hex()})


def window(boot_id: bytes, seq: int) -> Window:
    """Return a raw window that can be told from every other, and that no compression makes smaller."""
    items = np.random.default_rng([*boot_id, seq]).integers(0, 256, 3000, np.uint8)
    return Window(stream="picture", time_ms=seq, time_quality=TimeQuality.SYNCED, block=Block(data=items))


def encode(*, stream: str, model: str, boot_id: bytes, quality: TimeQuality, rows: Sequence[Row]) -> bytes:
    """Encode rows so that they can be read back one by one."""
    return cbor2.dumps([stream, model, boot_id, int(quality), [[seq, at, dict(values)] for seq, at, values in rows]])


OUTBOX: Final = OutboxTrial()


def _path(folder: Path) -> Path:
    return folder / "state" / "outbox.db"


def _sound(path: Path) -> bool:
    """Have SQLite look at every page, before the outbox would move a damaged file aside."""
    with closing(sqlite3.connect(path)) as database:
        try:
            (verdict,) = database.execute("PRAGMA integrity_check").fetchone()
        except sqlite3.DatabaseError:
            return False
    return str(verdict) == "ok"


def _keys(boot_id: bytes, ranges: Ranges) -> set[Key]:
    return {(boot_id, seq) for first, last in ranges for seq in range(first, last + 1)}


def _say(promise: Promise, what: str, boot_id: bytes, ranges: Ranges, *more: int) -> None:
    promise(json.dumps([what, boot_id.hex(), ranges, *more]))


def _send(box: outbox.Outbox, promise: Promise) -> None:
    """Hand frames out, and settle every other one, as if a receipt had come."""
    for number, frame in enumerate(box.frames()):
        _say(promise, "framed", frame.boot_id, frame.ranges, zlib.crc32(frame.payload))
        if number % 2:
            _say(promise, "gone", frame.boot_id, frame.ranges)  # before it is: from now on it may
            box.settle(Receipt(boot_id=frame.boot_id, ranges=frame.ranges))


def _told(frame: Frame) -> Iterator[tuple[Key, bool]]:
    """Give the records in a frame, and whether each is what was written."""
    if frame.kind == Raw.kind:
        raw = codec.decode(Raw.kind, frame.payload)
        assert isinstance(raw, Raw)
        kept = window(raw.boot_id, raw.seq)
        yield (raw.boot_id, raw.seq), raw.time_ms == raw.seq and raw.unpacked() == kept.block.data.tobytes()
        return
    _, _, boot_id, _, rows = cbor2.loads(frame.payload)
    for seq, time_ms, values in rows:
        yield (boot_id, seq), time_ms == seq and values == record(boot_id, seq).values


def _compared(told: Told, frames: Sequence[Frame], damaged: int) -> Finding:
    wrong, found = damaged, set[Key]()
    for frame in frames:
        for key, is_sound in _told(frame):
            wrong += key in found or not is_sound
            found.add(key)
    lost = told.kept - told.gone - found
    sent = {(frame.boot_id, frame.ranges): zlib.crc32(frame.payload) for frame in frames}
    changed = [
        key for key, crc in told.framed.items() if not _keys(*key) & told.gone and sent.get(key) != crc
    ]  # a resend would be other bytes
    what = f"{len(lost)} records missing, {len(changed)} frames changed, {wrong} damaged"
    return Finding(len(lost) + len(changed), wrong, what if lost or changed or wrong else "")
