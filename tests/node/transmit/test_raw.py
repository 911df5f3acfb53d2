"""Raw windows lie in the outbox as records do: nothing lost, nothing changed, and they give way to all others."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from node.transmit.poison import Blame
from node.transmit.raw import DTYPES
from node.values import Block, Receipt, TimeQuality, Window
from node.wire import codec
from node.wire.messages import MOST_WINDOW_BYTES, Raw
from tests.node.transmit.outboxes import crash, fill, open_outbox
from tests.node.transmit.worlds import BOOT, NEXT_BOOT, record, seqs_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from node.transmit.outbox import Outbox
    from node.values import Frame

NOISE: Any = np.random.default_rng(7)


def window(data: npt.NDArray[Any], **options: Any) -> Window:
    """Return a window of these items."""
    at = {"stream": "picture", "time_ms": 1_700_000_000_000, "time_quality": TimeQuality.SYNCED}
    return Window(**{**at, **options}, block=Block(data=data, rate_hz=16_000.0))


def noise(size: int) -> Window:
    """Return a window that no compression makes smaller."""
    return window(NOISE.integers(0, 256, size, np.uint8))


def told(frame: Frame) -> Raw:
    """Return what a gateway makes of a frame."""
    raw = codec.decode(frame.kind, frame.payload)
    assert isinstance(raw, Raw)
    return raw


def receipt(frame: Frame) -> Receipt:
    """Return a receipt for a frame."""
    return Receipt(boot_id=frame.boot_id, ranges=frame.ranges)


def kinds(outbox: Outbox) -> list[str]:
    """Return what kinds of messages wait, in order."""
    return [frame.kind for frame in outbox.frames()]


@settings(deadline=None, max_examples=60)
@given(
    data=st.sampled_from(sorted(DTYPES)).flatmap(
        lambda name: arrays.arrays(np.dtype(name), arrays.array_shapes(min_dims=1, max_dims=4, max_side=9))
    ),
    rate_hz=st.floats(0.0, 1e6),
    order=st.sampled_from(["C", "F"]),
    quality=st.sampled_from(TimeQuality),
)
def test_window_of_any_shape_arrives_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, data: npt.NDArray[Any], rate_hz: float, order: Any, quality: TimeQuality
) -> None:
    """Every item, NaNs to the bit, whatever order it had in memory; with shape, rate, time and quality."""
    outbox = open_outbox(tmp_path_factory.mktemp("outbox"))
    block = Block(data=np.asarray(data, order=order), rate_hz=rate_hz)
    at = {"stream": "sound", "time_ms": 1_700_000_000_000, "time_quality": quality}
    assert outbox.append_raw(Window(**at, block=block), 0.0) == 0  # type: ignore[arg-type]  # as fields
    (frame,) = outbox.frames()
    raw = told(frame)
    assert raw.unpacked() == data.tobytes()
    assert (tuple(raw.shape), raw.dtype, raw.rate_hz) == (data.shape, DTYPES[data.dtype.name], rate_hz)
    assert (raw.boot_id, raw.seq, raw.stream, raw.time_ms, raw.time_quality) == (BOOT, 0, *at.values())
    outbox.close()


def test_windows_and_records_share_one_sequence_and_one_end(tmp_path: Path) -> None:
    """A message a window, the records of all groups together; each is gone with its receipt, and not before."""
    outbox = open_outbox(tmp_path)
    for number in range(6):
        outbox.append_raw(noise(100), 0.0)
        outbox.append(record(number), 0.0)
    results, *windows = outbox.frames()
    assert seqs_of(results) == [1, 3, 5, 7, 9, 11]
    assert [told(each).seq for each in windows] == [0, 2, 4, 6, 8, 10]
    assert sum(outbox.settle(receipt(each)) for each in windows[:4]) == 4
    crash(outbox)
    later = open_outbox(tmp_path, NEXT_BOOT)
    frames = later.frames()
    assert {frame.payload for frame in frames} == {each.payload for each in (results, *windows)}, "settled, not saved"
    assert sum(later.settle(receipt(each)) for each in frames) == 12
    later.close()
    assert open_outbox(tmp_path, b"boot-3").waiting == 0


def test_windows_go_after_records_and_by_their_priority(tmp_path: Path) -> None:
    """By default last, also where they came first and fill the window; a dear one goes before dull records."""
    outbox = open_outbox(tmp_path)
    for _ in range(3):
        outbox.append_raw(noise(100), 0.0)
    assert [frame.kind for frame in outbox.frames(limit_count=2)] == ["raw", "raw"]
    fill(outbox, 2)
    outbox.append_raw(window(np.zeros(4, np.uint8), priority=9), 0.0)
    assert kinds(outbox) == ["raw", "results", "raw", "raw", "raw"]


def test_window_that_compresses_is_small_on_disk_and_on_the_air(tmp_path: Path) -> None:
    """A megabyte of nothing fits where a megabyte of noise does not."""
    outbox = open_outbox(tmp_path)
    outbox.append_raw(window(np.zeros((512, 512), np.float32)), 0.0)
    (frame,) = outbox.frames()
    assert len(frame.payload) < 5000
    assert told(frame).unpacked() == bytes(1 << 20)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (
            NOISE.integers(0, 256, (300, 300), np.uint8),
            r"90000 bytes, 9\d+ compressed, and a message holds 65000",
        ),
        (np.zeros(4, np.float64), "float64 is none of float32, uint8, int16"),
        (np.zeros((1, 1, 1, 1, 1), np.uint8), "raw.shape"),
        (np.zeros((0, 4), np.uint8), "raw.(data|shape)"),
        (np.zeros(MOST_WINDOW_BYTES + 1, np.uint8), "too-large"),
    ],
)
def test_window_that_no_message_holds_is_refused_where_it_is_made(
    tmp_path: Path, data: npt.NDArray[Any], why: str
) -> None:
    """The one window is refused with what to do, and counted; its seq is not spent."""
    outbox = open_outbox(tmp_path)
    with pytest.raises(ValueError, match=why):
        outbox.append_raw(window(data), 0.0)
    assert outbox.counters["windows_refused"] == 1
    assert outbox.append_raw(noise(65_000), 0.0) == 0
    assert outbox.counters["windows"] == len(outbox.frames()) == 1


def test_full_outbox_gives_up_windows_before_any_record(tmp_path: Path) -> None:
    """Those that are on their way too; the records are all there, and what went was of priority 0."""
    outbox = open_outbox(tmp_path, capacity_bytes=1 << 18, memory_records=10_000, group_records=20)
    for _ in range(30):
        outbox.append_raw(noise(30_000), 0.0)
        fill(outbox, 20)
        outbox.frames(limit_count=16)
    counted = outbox.counters
    assert counted["dropped"] == counted["dropped_0"] > 20
    crash(outbox)
    later = open_outbox(tmp_path, NEXT_BOOT, batch_records=4096)
    frames = later.frames(limit_count=1000)
    assert sum(len(seqs_of(frame)) for frame in frames if frame.kind == "results") == 600
    assert 0 < sum(frame.kind == "raw" for frame in frames) < 10
    assert (tmp_path / "outbox.db").stat().st_size < 1 << 20


def test_full_outbox_of_windows_lets_go_of_no_more_than_it_must(tmp_path: Path) -> None:
    """A thousand windows thinned at once would be most of an outbox: it stays more than a half full of them."""
    outbox = open_outbox(tmp_path, capacity_bytes=1 << 23)
    for _ in range(400):
        outbox.append_raw(noise(40_000), 0.0)
    assert outbox.waiting * 40_000 > 1 << 22
    assert outbox.counters["dropped"] + outbox.waiting == 400


def test_window_that_ends_sessions_is_set_aside_alone(tmp_path: Path) -> None:
    """A poisonous window is told by its strikes, like any message: the others go on."""
    outbox = open_outbox(tmp_path, strikes=2)
    for _ in range(3):
        outbox.append_raw(noise(100), 0.0)
    poison = outbox.frames()[1]
    for _ in range(2):
        outbox.strike([poison], Blame(reason="protocol error", proven=True, suspect=True))
    assert [told(each).seq for each in outbox.frames()] == [0, 2]
    assert outbox.quarantined() == [("picture", ((1, 1),), "2 sessions ended badly: protocol error")]


def test_window_larger_than_the_broker_takes_is_set_aside(tmp_path: Path) -> None:
    """It cannot be framed smaller; those that can go go on."""
    outbox = open_outbox(tmp_path)
    outbox.append_raw(noise(9000), 0.0)
    outbox.append_raw(noise(900), 0.0)
    assert [told(each).seq for each in outbox.frames(most_bytes=2000)] == [1]
    ((_, ranges, reason),) = outbox.quarantined()
    assert (ranges, reason) == (((0, 0),), "one row is larger than 2000 bytes")


def test_window_damaged_on_disk_is_set_aside_alone(tmp_path: Path) -> None:
    """Cells that are no window's wedge nobody."""
    outbox = open_outbox(tmp_path, group_records=1)
    for _ in range(2):
        outbox.append_raw(noise(100), 0.0)
    outbox.close()
    with closing(sqlite3.connect(tmp_path / "outbox.db", isolation_level=None)) as database:
        (body,) = database.execute("SELECT body FROM packs ORDER BY id LIMIT 1").fetchone()
        spoilt = body.replace(b"bu1", b"bu7")
        assert spoilt != body
        database.execute("UPDATE packs SET body = ? WHERE body = ?", (spoilt, body))
    later = open_outbox(tmp_path, NEXT_BOOT)
    assert [told(each).seq for each in later.frames()] == [1]
    ((_, ranges, reason),) = later.quarantined()
    assert ranges == ((0, 0),)
    assert "'u7'" in reason


def test_windows_that_the_disk_refuses_stay_within_the_memory(tmp_path: Path) -> None:
    """Four thousand windows would be a quarter of a gigabyte: they are shed by their size, records are not."""
    (tmp_path / "outbox.db").mkdir()
    outbox = open_outbox(tmp_path)
    fill(outbox, 50)
    for _ in range(200):
        outbox.append_raw(noise(60_000), 0.0)
    assert outbox.trouble
    assert sum(len(each.body) for each in outbox._group.entries) < 5_000_000
    assert outbox.counters["shed"] > 100
    (tmp_path / "outbox.db").rmdir()
    results, *windows = outbox.frames()
    assert seqs_of(results) == list(range(50))
    assert len(windows) + outbox.counters["shed"] <= 250


def test_window_about_a_record_is_sent_and_read_back_as_such(tmp_path: Path) -> None:
    """The seq of the record that it is about goes with it, through a restart too; others are about none."""
    outbox = open_outbox(tmp_path)
    outbox.append_raw(window(np.zeros((2, 2), np.uint8), about=41), 0.0)
    outbox.append_raw(window(np.zeros((2, 2), np.uint8)), 0.0)
    before = [told(frame).about for frame in outbox.frames()]
    outbox.close()
    again = open_outbox(tmp_path, boot_id=NEXT_BOOT)
    assert sorted(map(str, before)) == ["41", "None"]
    assert [told(frame).about for frame in again.frames()] == before
