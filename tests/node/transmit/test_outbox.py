"""The outbox loses nothing that it committed, and forgets nothing that was not receipted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from node.transmit.outbox import Outbox, Params
from node.transmit.poison import Blame
from node.values import Receipt, Record, TimeQuality
from tests.node.transmit.outboxes import crash, fill, open_outbox
from tests.node.transmit.worlds import BOOT, NEXT_BOOT, decode, encode, receipt_for, record, seqs_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from node.transmit.framing import Row


# In.


def test_append_of_a_full_group_is_durable(tmp_path: Path) -> None:
    """Sixty records reach the disk together; the sixty-first waits for its own group."""
    outbox = open_outbox(tmp_path, group_records=60)
    fill(outbox, 61)
    crash(outbox)
    (frame,) = open_outbox(tmp_path, NEXT_BOOT).frames()
    assert seqs_of(frame) == list(range(60))


def test_append_after_the_group_has_waited_is_durable(tmp_path: Path) -> None:
    """A record waits at most `group_s`, and `due` says so before a nap."""
    outbox = open_outbox(tmp_path, group_s=30.0)
    outbox.append(record(0), 100.0)
    assert not outbox.due(129.9)
    assert outbox.due(130.0)
    outbox.append(record(1), 130.0)
    assert not outbox.due(1000.0)
    assert outbox.counters["committed"] == 2


def test_append_of_a_critical_record_is_durable_at_once(tmp_path: Path) -> None:
    """What cannot wait for its group takes the group with it."""
    outbox = open_outbox(tmp_path)
    outbox.append(record(0), 0.0)
    outbox.append(record(1, critical=True), 0.0)
    crash(outbox)
    assert open_outbox(tmp_path, NEXT_BOOT).waiting == 2


def test_append_of_a_value_that_is_none_of_ours_harms_nobody_else(tmp_path: Path) -> None:
    """The one record is refused where it was made; its seq is not spent."""
    outbox = open_outbox(tmp_path)
    odd = Record(stream="odd", time_ms=0, time_quality=TimeQuality.SYNCED, values={"x": object()})  # type: ignore[dict-item]  # the point
    with pytest.raises(TypeError):
        outbox.append(odd, 0.0)
    assert outbox.append(record(0), 0.0) == 0
    assert outbox.commit() == 1


def test_outbox_with_a_used_boot_id_is_refused(tmp_path: Path) -> None:
    """The same boot id again could give one seq to two records, and the gateway would drop the second."""
    outbox = open_outbox(tmp_path)
    fill(outbox, 1)
    outbox.close()
    with pytest.raises(ValueError, match="used before"):
        open_outbox(tmp_path, BOOT)


# Out.


def test_frames_after_a_restart_are_the_same_bytes(tmp_path: Path) -> None:
    """A frame is composed once: a resend, also by the next process, is the same bytes under the same boot id."""
    outbox = open_outbox(tmp_path, batch_records=7)
    fill(outbox, 20)
    before = outbox.frames()
    fill(outbox, 3)
    crash(outbox)
    later = open_outbox(tmp_path, NEXT_BOOT, batch_records=500)
    assert later.frames()[: len(before)] == before
    assert {frame.boot_id for frame in later.frames()} == {BOOT}


def test_frames_after_an_update_that_encodes_otherwise_are_made_anew(tmp_path: Path) -> None:
    """What today's encoder would make into other bytes is framed again from its records: all of them go, once."""

    def newer(*, stream: str, model: str, boot_id: bytes, quality: TimeQuality, rows: Sequence[Row]) -> bytes | None:
        return encode(stream=f"{stream}2", model=model, boot_id=boot_id, quality=quality, rows=rows)

    outbox = open_outbox(tmp_path, batch_records=7)
    fill(outbox, 20)
    before = outbox.frames()
    crash(outbox)
    later = Outbox(tmp_path / "outbox.db", Params(batch_records=10), NEXT_BOOT, newer)
    after = later.frames()
    assert [seqs_of(frame) for frame in before] == [list(range(7)), list(range(7, 14)), list(range(14, 20))]
    assert sorted(seq for frame in after for seq in seqs_of(frame)) == list(range(20))
    assert later.frames() == after
    assert sum(later.settle(receipt_for(frame)) for frame in after) == 20
    assert later.waiting == 0


def test_strike_after_a_restart_sets_aside_what_was_sent(tmp_path: Path) -> None:
    """What is kept for people is the message itself, also by a process that did not compose it."""
    outbox = open_outbox(tmp_path, strikes=2)
    fill(outbox, 3)
    (poison,) = outbox.frames()
    outbox.strike([poison], Blame(reason="protocol error", proven=True, suspect=True))
    crash(outbox)
    later = open_outbox(tmp_path, NEXT_BOOT, strikes=2)
    later.strike([poison], Blame(reason="protocol error", proven=True, suspect=True))
    assert later.frames() == []
    later.close()
    with closing(sqlite3.connect(tmp_path / "outbox.db")) as database:
        assert database.execute("SELECT payload FROM quarantine").fetchall() == [(poison.payload,)]


def test_frames_mix_nothing_that_differs(tmp_path: Path) -> None:
    """Rows of one frame share boot, stream, model, columns and the quality of their times."""
    outbox = open_outbox(tmp_path)
    for seq, (stream, model, quality) in enumerate(
        [
            ("a", "", TimeQuality.SYNCED),
            ("b", "", TimeQuality.SYNCED),
            ("a", "m@1", TimeQuality.SYNCED),
            ("a", "", TimeQuality.UNSET),
            ("a", "", TimeQuality.SYNCED),
        ]
    ):
        values = {"x": seq}
        outbox.append(Record(stream=stream, time_ms=0, time_quality=quality, values=values, model=model), 0.0)
    outbox.append(Record(stream="a", time_ms=0, time_quality=TimeQuality.SYNCED, values={"y": 5}), 0.0)
    assert [seqs_of(frame) for frame in outbox.frames()] == [[0, 4], [1], [2], [3], [5]]
    assert outbox.frames()[0].ranges == ((0, 0), (4, 4))


def test_frames_come_by_priority_then_by_age(tmp_path: Path) -> None:
    """What matters most goes first, also past frames that fill the window; among equals the oldest goes first."""
    outbox = open_outbox(tmp_path, batch_records=2)
    fill(outbox, 4, priority=3)
    outbox.close()
    later = open_outbox(tmp_path, NEXT_BOOT, batch_records=2)
    fill(later, 2, priority=3)
    assert [(frame.boot_id, seqs_of(frame)) for frame in later.frames(limit_count=2)] == [
        (BOOT, [0, 1]),
        (BOOT, [2, 3]),
    ]
    fill(later, 1, priority=8)
    assert [(frame.boot_id, seqs_of(frame)) for frame in later.frames(limit_count=2)] == [
        (NEXT_BOOT, [2]),
        (BOOT, [0, 1]),
    ]


def test_frames_are_limited_in_count_and_bytes(tmp_path: Path) -> None:
    """No more than asked for, but always at least one."""
    outbox = open_outbox(tmp_path, batch_records=1)
    fill(outbox, 10)
    assert len(outbox.frames(limit_count=3)) == 3
    size_bytes = len(outbox.frames()[0].payload)
    assert len(outbox.frames(limit_bytes=2 * size_bytes)) == 2
    assert len(outbox.frames(limit_bytes=1)) == 1


def test_frames_for_a_broker_with_a_smaller_limit_are_made_anew(tmp_path: Path) -> None:
    """A frame larger than the broker takes is cut, not set aside: all its records still go."""
    outbox = open_outbox(tmp_path)
    fill(outbox, 100)
    (whole,) = outbox.frames()
    smaller = outbox.frames(most_bytes=len(whole.payload) // 3)
    assert max(len(frame.payload) for frame in smaller) <= len(whole.payload) // 3
    assert sorted(seq for frame in smaller for seq in seqs_of(frame)) == list(range(100))
    assert not outbox.quarantined()


# Settling.


def test_settle_of_a_part_frames_the_rest_anew(tmp_path: Path) -> None:
    """Exactly what was receipted is forgotten; what is left of the frame becomes a frame of its own."""
    outbox = open_outbox(tmp_path)
    fill(outbox, 10)
    outbox.frames()
    assert outbox.settle(Receipt(boot_id=BOOT, ranges=((2, 4), (9, 40)))) == 4
    assert [seqs_of(frame) for frame in outbox.frames()] == [[0, 1, 5, 6, 7, 8]]
    assert outbox.waiting == 6


def test_settle_of_what_was_never_sent_forgets_nothing(tmp_path: Path) -> None:
    """Strangers' boots, seqs beyond ours and records that were never framed are ignored."""
    outbox = open_outbox(tmp_path, batch_records=5)
    fill(outbox, 10)
    outbox.frames(limit_count=1)
    assert outbox.settle(Receipt(boot_id=b"others", ranges=((0, 9),))) == 0
    assert outbox.settle(Receipt(boot_id=BOOT, ranges=((5, 2**63),))) == 0
    assert outbox.settle(Receipt(boot_id=BOOT, ranges=((0, 9),))) == 5
    assert outbox.waiting == 5


def test_settle_survives_a_restart_and_empties_the_file(tmp_path: Path) -> None:
    """What was settled does not come back; the counters of the file's life go on."""
    outbox = open_outbox(tmp_path)
    fill(outbox, 10)
    for frame in outbox.frames():
        outbox.settle(receipt_for(frame))
    outbox.close()
    later = open_outbox(tmp_path, NEXT_BOOT)
    assert later.frames() == []
    assert later.waiting == 0
    assert later.totals["committed"] == later.totals["receipted"] == 10


# Bounds.


def test_full_outbox_thins_the_lowest_priority_and_takes_the_newest(tmp_path: Path) -> None:
    """The file stays within its bound, the high priority whole, the low one coarser, and nothing unaccounted for."""
    outbox = open_outbox(tmp_path, capacity_bytes=1 << 18, keep_every=4)
    fill(outbox, 2000, priority=9, stream="alarms")
    for number in range(12_000):
        outbox.append(record(number, priority=1), 0.0)
    outbox.commit()
    counters = outbox.counters
    assert (tmp_path / "outbox.db").stat().st_size <= (1 << 18) + (1 << 15)
    left: dict[int, list[int]] = {1: [], 9: []}
    while frames := outbox.frames():
        for frame in frames:
            numbers = [int(values["number"]) for _, _, values in decode(frame.payload)[1]]
            left[9 if b"alarms" in frame.payload else 1] += numbers
            outbox.settle(receipt_for(frame))
    assert left[9] == list(range(2000))
    assert counters["dropped"] == counters["dropped_1"] == 12_000 - len(left[1]) > 0
    assert left[1][-1] == 11_999
    gaps = [after - before for before, after in zip(left[1], left[1][1:], strict=False)]
    assert max(gaps[: len(gaps) // 4]) > 1, "the old is coarser"
    assert set(gaps[-50:]) == {1}, "the newest is whole"


def test_full_outbox_of_one_priority_makes_room_again_and_again(tmp_path: Path) -> None:
    """However long the outage, the newest records get in and the file stays within its bound."""
    outbox = open_outbox(tmp_path, capacity_bytes=1 << 17)
    outbox.frames()
    for number in range(40_000):
        outbox.append(record(number), 0.0)
    outbox.commit()
    assert (tmp_path / "outbox.db").stat().st_size <= (1 << 17) + (1 << 15)
    frames = outbox.frames(limit_count=1000)
    assert max(seq for frame in frames for seq in seqs_of(frame)) == 39_999
    assert outbox.waiting == 40_000 - outbox.counters["dropped"]


# Poison.


def test_strikes_in_sessions_that_prove_others_set_a_frame_aside(tmp_path: Path) -> None:
    """A suspect goes last and alone; after enough bad sessions it is quarantined, counted, and gone from the way."""
    outbox = open_outbox(tmp_path, batch_records=1, strikes=3)
    fill(outbox, 3)
    poison = outbox.frames()[0]
    for _ in range(2):
        outbox.strike([poison], Blame(reason="protocol error", proven=True, suspect=True))
        assert poison not in outbox.frames()
    for frame in outbox.frames():
        outbox.settle(receipt_for(frame))
    assert outbox.frames() == [poison]
    outbox.strike([poison], Blame(reason="protocol error", proven=True, suspect=True))
    assert outbox.frames() == []
    ((stream, ranges, reason),) = outbox.quarantined()
    assert (stream, ranges) == ("results", ((0, 0),))
    assert "protocol error" in reason
    assert outbox.counters["quarantined"] == 1
    assert outbox.waiting == 0


def test_strikes_without_proof_never_lose_a_record(tmp_path: Path) -> None:
    """A broker that fails everybody is no reason to set anything aside, however often it does."""
    outbox = open_outbox(tmp_path, batch_records=1, strikes=2)
    fill(outbox, 2)
    frames = outbox.frames()
    for _ in range(50):
        outbox.strike(frames, Blame(reason="frozen", proven=False, suspect=True))
    outbox.strike(frames, Blame(reason="a single proof", proven=True, suspect=True))
    assert outbox.waiting == 2
    assert outbox.counters["quarantined"] == 0


def test_row_that_no_encoder_takes_is_set_aside_alone(tmp_path: Path) -> None:
    """One bad row among good ones is found by halving; the good ones go."""

    def picky(*, stream: str, model: str, boot_id: bytes, quality: TimeQuality, rows: Sequence[Row]) -> bytes | None:
        if any(values["number"] == 13 for _, _, values in rows):
            raise ValueError("thirteen")
        return encode(stream=stream, model=model, boot_id=boot_id, quality=quality, rows=rows)

    outbox = Outbox(tmp_path / "outbox.db", Params(), BOOT, picky)
    fill(outbox, 40)
    assert sorted(seq for frame in outbox.frames() for seq in seqs_of(frame)) == [n for n in range(40) if n != 13]
    assert outbox.quarantined() == [("results", ((13, 13),), "ValueError: thirteen")]
