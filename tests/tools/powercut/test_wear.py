"""A record's life is written to flash little more than once: the short forms, with a commit a record as the control."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from node.transmit.outbox import Params
from tools.bench import wear as bench
from tools.powercut import blocks, wear

GROUP = Params().group_records
QUICK = "delta"
"""No frame's payload is written, so that the encoding is of no weight here."""


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="the kernel does not count writes here")
def test_database_is_asked_to_write_little_more_than_the_records(tmp_path: Path) -> None:
    """Log, checkpoints, frames and deletes of a 200 B record stay under 500 B; those of the control exceed 2 kB."""
    before = asked_bytes()
    assert wear.live(tmp_path / "ours", 1200, GROUP, QUICK) == 0
    between = asked_bytes()
    assert wear.live(tmp_path / "control", 100, 1, QUICK) == 0
    after = asked_bytes()
    assert 200 < (between - before) / 1200 < 500
    assert (after - between) / 100 > 2000


def test_device_is_given_at_most_a_kilobyte_a_record() -> None:
    """With the file system's own blocks and its journal; the control is far above."""
    reason = blocks.missing()
    if reason:
        pytest.skip(reason)
    records = 3600
    assert written_bytes(records, GROUP) / records <= bench.MOST_BYTES
    assert written_bytes(100, 1) / 100 > 5 * bench.MOST_BYTES


def test_wake_of_a_node_that_halts_is_counted_with_its_state() -> None:
    """One record and the state beside it, durable: many times a record of a node that stays up, under half a MB."""
    reason = blocks.missing()
    if reason:
        pytest.skip(reason)
    told = json.loads(blocks.in_cell("tools.powercut.wakes", "10"))
    assert told["arrived"] >= told["wakes"]
    assert 20 * bench.MOST_BYTES < told["written_bytes"] / told["wakes"] < 500 * bench.MOST_BYTES


@pytest.mark.parametrize(("ours", "verdict"), [(702, ": kept"), (1001, ": NOT kept")])
def test_wear_says_whether_its_bar_is_kept(capsys: pytest.CaptureFixture[str], ours: int, verdict: str) -> None:
    """A figure above the bar is called so."""
    more = {"records": 9, "left": 0, "device_bytes_per_wake": 9}
    bench.show({"device_bytes_per_record": ours, "control_device_bytes_per_record": 9, **more})
    assert verdict in capsys.readouterr().out


def written_bytes(records: int, group: int) -> int:
    """Return what the device of a file system of its own was given."""
    row = json.loads(blocks.in_cell("tools.powercut.wear", str(records), str(group), QUICK))
    assert row["left"] == 0
    return int(row["written_bytes"])


def asked_bytes() -> int:
    """Return what this process has handed to the kernel."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["wchar"])
