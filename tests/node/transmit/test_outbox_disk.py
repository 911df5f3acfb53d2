"""The outbox and its disk: damaged, refusing, full, worn, and a process that is killed."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from node.errors import HardwareError
from node.transmit.outbox import Params
from node.values import Receipt, Record, TimeQuality, Value
from tests.node.transmit.outboxes import drained, fill, open_outbox, sent
from tests.node.transmit.worlds import BOOT, NEXT_BOOT, decode, receipt_for, seqs_of

STRANGER = b"boot-3"

# Faults.


@pytest.mark.parametrize("damage", ["garbage", "truncated", "flipped"])
def test_damaged_file_is_moved_aside_and_the_node_goes_on(tmp_path: Path, damage: str) -> None:
    """A file that is no database, is cut short, or holds nonsense inside, costs its contents and not the node."""
    path = tmp_path / "outbox.db"
    outbox = open_outbox(tmp_path)
    fill(outbox, 600)
    outbox.close()
    whole = path.read_bytes()
    path.write_bytes(
        {
            "garbage": b"not a database at all" * 300,
            "truncated": whole[: len(whole) // 2],
            "flipped": whole[:100] + b"\xa5" * (len(whole) - 100),
        }[damage]
    )
    later = open_outbox(tmp_path, NEXT_BOOT)
    fill(later, 60)
    later.frames()
    fill(later, 60)
    assert later.counters["damaged"] == 1
    assert (tmp_path / "outbox.db.damaged").exists()
    assert later.trouble == ""
    assert {seq for frame in later.frames() for seq in seqs_of(frame)} >= set(range(60, 120))


def test_disk_that_refuses_keeps_records_in_memory(tmp_path: Path) -> None:
    """The cycle goes on, the reason is told, and when the disk is back nothing is missing."""
    blocked = tmp_path / "state"
    blocked.write_bytes(b"a file where the folder should be")
    outbox = open_outbox(blocked, group_records=10)
    fill(outbox, 30)
    assert "outbox.db" in outbox.trouble
    with pytest.raises(HardwareError, match="free the disk"):
        outbox.commit()
    assert outbox.frames() == []
    blocked.unlink()
    assert outbox.commit() == 30
    assert outbox.trouble == ""
    assert [seqs_of(frame) for frame in outbox.frames()] == [list(range(30))]


def test_disk_that_refuses_for_long_bounds_what_waits_in_memory(tmp_path: Path) -> None:
    """Memory is bounded too: the lowest priority is thinned, counted, and the newest record stays."""
    (tmp_path / "state").write_bytes(b"")
    outbox = open_outbox(tmp_path / "state", group_records=10, memory_records=100)
    fill(outbox, 50, priority=9)
    fill(outbox, 1000, priority=2)
    assert outbox.waiting <= 100
    (tmp_path / "state").unlink()
    outbox.commit()
    kept = sorted(seq for frame in outbox.frames() for seq in seqs_of(frame))
    assert kept[:50] == list(range(50))
    assert kept[-1] == 1049
    assert outbox.counters["shed"] == 1050 - len(kept)


def test_disk_that_is_full_keeps_what_was_committed(tmp_path: Path) -> None:
    """A write that does not fit takes nothing with it: what is framed still goes out, the rest waits in memory."""
    outbox = open_outbox(tmp_path, group_records=10)
    fill(outbox, 20)
    framed = outbox.frames()
    assert outbox._shelf is not None
    pages = outbox._shelf._store._db.execute("PRAGMA page_count").fetchone()[0]
    outbox._shelf._store._db.execute(f"PRAGMA max_page_count = {pages}")
    fill(outbox, 3000)
    assert "full" in outbox.trouble
    assert outbox.frames()[0] == framed[0]
    assert outbox.waiting == outbox.counters["appended"]


def left_behind(folder: Path, copy: Path) -> Path:
    """Copy an outbox as a killed process leaves it."""
    copy.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(folder / f"outbox.db{ending}", copy)
    return copy


def test_disk_that_erred_leaves_nothing_in_the_log_that_was_never_committed(tmp_path: Path) -> None:
    """A commit that failed at its fsync is in the log, and on no disk; the control, that is not cut, believes it."""
    outbox = open_outbox(tmp_path, group_records=10)
    fill(outbox, 20)
    twin = left_behind(tmp_path, tmp_path / "twin")
    ahead = open_outbox(twin, STRANGER, group_records=10)
    fill(ahead, 10)
    with (tmp_path / "outbox.db-wal").open("r+b") as log:
        log.write((twin / "outbox.db-wal").read_bytes())
    control = left_behind(tmp_path, tmp_path / "control")
    outbox._shut(failed=True)
    fill(outbox, 10)
    ours = {(BOOT.hex(), seq) for seq in range(30)}
    assert set(drained(left_behind(tmp_path, tmp_path / "copy"))) == ours
    assert {boot for boot, _ in drained(control)} == {BOOT.hex(), STRANGER.hex()}


class Disk:
    """A way to connect to a disk that can be full."""

    def __init__(self) -> None:
        self.is_full = False

    def __call__(self, path: Path) -> sqlite3.Connection:
        """Connect."""
        database = sqlite3.connect(path, isolation_level=None, factory=OnDisk)
        database.disk = self
        return database


class OnDisk(sqlite3.Connection):
    """A connection that is refused a commit while its disk is full, and the index of a log that it shares."""

    disk: Disk
    is_alone = False

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Execute, unless it takes room."""
        self.is_alone = self.is_alone or "EXCLUSIVE" in sql
        if self.disk.is_full and (sql == "COMMIT" or (sql.startswith("PRAGMA journal_mode") and not self.is_alone)):
            if self.in_transaction:
                super().execute("ROLLBACK")
            raise sqlite3.OperationalError("database or disk is full")
        return super().execute(sql, parameters)


def test_disk_that_is_full_sends_what_was_committed_once(tmp_path: Path) -> None:
    """What is on it goes out without a write; receipts are remembered, and kept when there is room again."""
    disk = Disk()
    outbox = open_outbox(tmp_path, group_records=10, batch_records=5, connect=disk)
    fill(outbox, 20)
    disk.is_full = True
    fill(outbox, 15)
    assert "full" in outbox.trouble
    assert sent(outbox) == list(range(20))
    with pytest.raises(HardwareError, match="full"):
        outbox.commit()
    assert sent(outbox) == [], "it sends again what was receipted"
    assert "full" in outbox.trouble
    disk.is_full = False
    assert outbox.commit() == 15
    assert outbox.trouble == ""
    assert sent(outbox) == list(range(20, 35))
    outbox.close()
    assert sent(open_outbox(tmp_path, NEXT_BOOT)) == []


def test_disk_that_was_full_at_the_start_sends_what_was_committed(tmp_path: Path) -> None:
    """A node that boots for each wake finds it full each time; it sends, and sends again what no disk remembers."""
    before = open_outbox(tmp_path, group_records=10)
    fill(before, 20)
    before.close()
    disk = Disk()
    disk.is_full = True
    for _ in range(2):
        outbox = open_outbox(tmp_path, NEXT_BOOT, connect=disk)
        assert "full" in outbox.trouble
        assert sent(outbox) == list(range(20))
        with pytest.raises(HardwareError, match="full"):
            outbox.commit()
    disk.is_full = False
    outbox = open_outbox(tmp_path, NEXT_BOOT, connect=disk)
    assert sent(outbox) == list(range(20))
    outbox.close()
    assert sent(open_outbox(tmp_path, NEXT_BOOT)) == []


def test_disk_that_is_full_lets_no_receipt_of_the_unsent_count(tmp_path: Path) -> None:
    """A receipt for all that there will ever be forgets what was framed, and nothing that is framed later."""
    disk = Disk()
    outbox = open_outbox(tmp_path, group_records=10, batch_records=5, connect=disk)
    fill(outbox, 20)
    disk.is_full = True
    fill(outbox, 15)
    (frame,) = outbox.frames(limit_count=1)
    outbox.settle(Receipt(boot_id=frame.boot_id, ranges=((0, 1_000_000),)))
    disk.is_full = False
    assert outbox.commit() == 15
    assert sent(outbox) == list(range(5, 35))


# Wear.


def written_bytes() -> int:
    """Return what this process has sent towards block devices, by the kernel's count."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["write_bytes"])


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="the kernel does not count writes here")
def test_default_group_spares_the_flash(tmp_path: Path) -> None:
    """A 200 B record costs under 1 kB of writes with its group; the control, a commit each, costs over 5 kB."""
    cost: dict[int, float] = {}
    for group in (Params().group_records, 1):
        outbox = open_outbox(tmp_path / str(group), group_records=group)
        before = written_bytes()
        for number in range(600):
            values: dict[str, Value] = {"number": number, "score": "x" * 190}
            outbox.append(Record(stream="results", time_ms=number, time_quality=TimeQuality.SYNCED, values=values), 0.0)
        cost[group] = (written_bytes() - before) / 600
        outbox.close()
    if not any(cost.values()):
        pytest.skip("the temporary folder is not on a block device")
    assert cost[Params().group_records] < 1000
    assert cost[1] > 5000


# Crashes.

CHILD = """
import itertools, pathlib, secrets, sys
from node.transmit.outbox import Outbox, Params
from tests.node.transmit.worlds import encode, record
boot = secrets.token_bytes(6)
outbox = Outbox(pathlib.Path(sys.argv[1]), Params(group_records=7, batch_records=5), boot, encode)
for number in itertools.count():
    outbox.append(record(number), 0.0)
    if number % 50 == 49:
        outbox.frames()
    print(boot.hex(), outbox.counters["committed"], flush=True)
"""


def test_killed_process_loses_at_most_the_uncommitted_group(tmp_path: Path) -> None:
    """Kill -9 at any point: all that was acknowledged as committed is there, once."""
    path = tmp_path / "outbox.db"
    acknowledged: dict[str, int] = {}
    for kill_after in (8, 48, 51, 77):
        command = [sys.executable, "-c", CHILD, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ}) as child:
            assert child.stdout is not None
            for _, line in zip(range(kill_after), child.stdout, strict=False):
                boot, committed = line.split()
                acknowledged[boot] = int(committed)
            child.kill()
    found: list[tuple[str, int]] = []
    outbox = open_outbox(tmp_path, NEXT_BOOT)
    while frames := outbox.frames():
        for frame in frames:
            boot_id, rows = decode(frame.payload)
            found += [(boot_id.hex(), seq) for seq, _, _ in rows]
            outbox.settle(receipt_for(frame))
    assert len(found) == len(set(found))
    assert list(acknowledged.values()) == [7, 42, 50, 71]
    assert set(found) >= {(boot, seq) for boot, committed in acknowledged.items() for seq in range(committed)}


@pytest.mark.parametrize(
    ("needed", "heavy"),
    [
        ("node.config", ("sqlite3", "paho", "tenacity", "numpy", "ssl")),
        ("node.transmit.outbox", ("paho", "tenacity", "numpy", "ssl")),
        ("node.transmit.session", ("sqlite3", "paho", "tenacity", "numpy", "ssl")),
    ],
)
def test_imports_leave_the_heavy_ones_to_who_needs_them(needed: str, heavy: tuple[str, ...]) -> None:
    """Reading a configuration takes no database; keeping records, and going to connect, neither paho nor numpy."""
    code = f"import sys, {needed}; print(sorted({set(heavy)} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
