"""Whatever happens in whatever order: the outbox against a model that is a set."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from node.transmit.outbox import Outbox, Params
from node.transmit.ranges import ranges_of
from node.values import Block, Frame, Receipt, TimeQuality, Window
from node.wire import codec
from node.wire.messages import Raw
from tests.node.transmit.worlds import decode, encode, record

Key = tuple[bytes, int]


class OutboxMachine(RuleBasedStateMachine):
    """Appends records and raw windows, commits, frames, receipts whole and partial, crashes and clean restarts.

    `committed` is what must be there, `buffered` what a crash may take, `settled` what must never come back while this
    process lives; after a crash it may, for deletes ride with the next commit.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.boots = 0
        self.committed: set[Key] = set()
        self.buffered: set[Key] = set()
        self.undurable: set[Key] = set()
        self.framed: dict[tuple[bytes, object], bytes] = {}
        self.items: dict[Key, bytes] = {}

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.outbox._shut()
        shutil.rmtree(self.folder)

    @initialize()
    def open(self) -> None:
        """Start a process."""
        self.boots += 1
        self.boot_id = self.boots.to_bytes(6, "big")
        self.outbox = Outbox(
            self.folder / "outbox.db", Params(group_records=5, batch_records=4), self.boot_id, self.encode
        )

    encode = staticmethod(encode)

    @rule(
        count=st.integers(1, 7),
        stream=st.sampled_from(["a", "b"]),
        priority=st.sampled_from([0, 5, 9]),
        critical=st.booleans(),
    )
    def append(self, count: int, stream: str, priority: int, critical: bool) -> None:
        """Keep some records."""
        for number in range(count):
            kept = record(number, stream=stream, priority=priority, critical=critical)
            self.buffered.add((self.boot_id, self.outbox.append(kept, 0.0)))
            if critical or len(self.buffered) == 5:
                self.flushed()

    @rule(count=st.integers(1, 3), size=st.sampled_from([1, 9000, 30_000]), priority=st.sampled_from([0, 5]))
    def append_raw(self, count: int, size: int, priority: int) -> None:
        """Keep some raw windows; a group is full by size as well."""
        for _ in range(count):
            items = np.random.default_rng(len(self.items)).integers(0, 256, size, np.uint8)
            block = Block(data=items)
            at = {"time_ms": 1_700_000_000_000, "time_quality": TimeQuality.SYNCED, "priority": priority}
            key = self.boot_id, self.outbox.append_raw(Window(stream="picture", block=block, **at), 0.0)  # type: ignore[arg-type]  # as fields
            self.items[key] = items.tobytes()
            self.buffered.add(key)
            if not self.outbox._group:
                self.flushed()

    @rule()
    def commit(self) -> None:
        """Make the group durable."""
        self.outbox.commit()
        self.flushed()

    @rule(limit=st.integers(1, 6))
    def frames(self, limit: int) -> None:
        """Look at what is to be sent: only what is there, each record once, known frames unchanged."""
        frames = self.outbox.frames(limit_count=limit)
        self.flushed()
        seen: set[Key] = set()
        for frame in frames:
            keys = self.keys(frame)
            assert not keys & seen
            assert keys <= self.committed
            assert self.framed.setdefault((frame.boot_id, frame.ranges), frame.payload) == frame.payload
            seen |= keys

    @rule()
    def look_at_all(self) -> None:
        """All that was committed is on offer: nothing waits for ever."""
        frames = self.outbox.frames(limit_count=1000)
        self.flushed()
        assert {key for frame in frames for key in self.keys(frame)} == self.committed

    @rule(which=st.integers(0, 5))
    def settle(self, which: int) -> None:
        """Receive a receipt for one frame, twice: the second changes nothing."""
        frames = self.outbox.frames()
        self.flushed()
        if frames:
            frame = frames[which % len(frames)]
            receipt = Receipt(boot_id=frame.boot_id, ranges=ranges_of(sorted(seq for _, seq in self.keys(frame))))
            assert self.outbox.settle(receipt) == len(self.keys(frame))
            assert self.outbox.settle(receipt) == 0
            self.gone(self.keys(frame))

    @rule(which=st.integers(0, 5), seqs=st.sets(st.integers(0, 40), min_size=1))
    def settle_anything(self, which: int, seqs: set[int]) -> None:
        """Receive a receipt for arbitrary seqs: exactly those in waiting frames are forgotten."""
        boot_id = (which % self.boots + 1).to_bytes(6, "big")
        known = self.waiting()
        expected = known & {(boot_id, seq) for seq in seqs}
        assert self.outbox.settle(Receipt(boot_id=boot_id, ranges=ranges_of(sorted(seqs)))) == len(expected)
        self.gone(expected)

    @rule()
    def crash(self) -> None:
        """End without a commit, start again: only the uncommitted group is lost."""
        self.outbox._shut()
        self.buffered.clear()
        self.committed |= self.undurable
        self.undurable.clear()
        self.open()

    @rule()
    def restart(self) -> None:
        """End in good order, start again: nothing is lost and nothing comes back."""
        self.outbox.close()
        self.flushed()
        self.open()

    @invariant()
    def nothing_is_miscounted(self) -> None:
        """What waits is what the model says, at every step."""
        if self.boots:
            assert self.outbox.waiting == len(self.committed) + len(self.buffered)
            assert not self.outbox.trouble

    def flushed(self) -> None:
        """Note a commit."""
        self.committed |= self.buffered
        self.buffered.clear()
        self.undurable.clear()

    def gone(self, keys: set[Key]) -> None:
        """Note a receipt."""
        self.committed -= keys
        self.undurable |= keys

    def waiting(self) -> set[Key]:
        """Return the records in frames that are composed, without composing more."""
        shelf = self.outbox._opened()
        return {
            (shelf.series[kept.series].boot_id, seq)
            for kept in shelf.waiting()
            for first, last in kept.ranges
            for seq in range(first, last + 1)
        }

    def keys(self, frame: Frame) -> set[Key]:
        """Return the records inside a frame; a window's items are those that were kept."""
        if frame.kind == "raw":
            raw = codec.decode("raw", frame.payload)
            assert isinstance(raw, Raw)
            assert raw.unpacked() == self.items[raw.boot_id, raw.seq]
            return {(raw.boot_id, raw.seq)}
        boot_id, rows = decode(frame.payload)
        assert boot_id == frame.boot_id
        return {(boot_id, seq) for seq, _, _ in rows}


TestOutboxMachine = OutboxMachine.TestCase
TestOutboxMachine.settings = settings(deadline=None, max_examples=40, stateful_step_count=30)
