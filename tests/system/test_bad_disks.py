"""A disk that fills up, breaks or turns read-only under a running node and gateway: they live on, and lose nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest

from tests.broker import MOSQUITTO, Broker
from tests.node.transmit.outboxes import drained
from tests.supervisor import Supervisor
from tests.system.test_hangs import committed, publish, rows
from tools.chaos import journal
from tools.chaos.subject import FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _mounts() -> bool:
    """Whether this process may mount."""
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return os.geteuid() == 0 and done.returncode == 0


pytestmark = pytest.mark.skipif(not _mounts(), reason="needs root and the right to mount")

PATIENCE_S: Final = 8.0
NODE: Final = """
[node]
site = "plant"
name = "n1"
state_dir = "state"
board = "generic"
[sense.tick]
part = "signal"
channel = "tick"
[outbox]
group_records = 5
[sleep]
period_s = 0.02
"""


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a little disk of memory."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Leave no byte free; the file that took them."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 512):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    assert shutil.disk_usage(folder).free == 0
    return filler


def node_on(folder: Path) -> Supervisor:
    """Return a supervisor for a node with a journal beside its disk."""
    (folder / "node.toml").write_text(NODE)
    return Supervisor((sys.executable, "-m", "tools.chaos.subject", "node.toml"), folder, PATIENCE_S)


def complains(supervisor: Supervisor, word: str) -> bool:
    """Whether the newest status has a word."""
    told = [each for each in supervisor.said if each.startswith("STATUS=")]
    return bool(told) and word in told[-1]


def is_whole(folder: Path) -> bool:
    """Whether the outbox holds every record that was ever handed over, once."""
    handed = journal.read(folder / FILE).handed
    return sorted(drained(folder / "state")) == sorted(handed) != []


def test_node_on_a_full_disk_goes_on_and_writes_everything_when_there_is_room(tmp_path: Path) -> None:
    """Records wait in memory, the reason is told, nothing is restarted; then all of them are on disk, in one piece."""
    with small_disk(tmp_path / "state", "16m") as disk, node_on(tmp_path) as node:
        assert node.until(lambda: committed(tmp_path) >= 20), node.log
        filler = fill(disk)
        assert node.until(lambda: complains(node, "outbox") and complains(node, "full")), node.log
        before = committed(tmp_path)
        signs = node.said.count("WATCHDOG=1")
        assert node.until(lambda: node.said.count("WATCHDOG=1") >= signs + 2), "it gives no more signs of life"
        filler.unlink()
        assert node.until(lambda: committed(tmp_path) >= before + 20), node.log
        assert node.until(lambda: complains(node, "all is well")), node.said[-3:]
        assert node.end() == 0, node.log
        assert (node.hangs, node.starts) == (0, 1)
        assert is_whole(tmp_path)
        assert node.log.count("records wait in memory") <= 2, "it says so again and again"


def test_node_that_starts_on_a_read_only_disk_runs_and_keeps_its_records_when_it_can(tmp_path: Path) -> None:
    """A disk that came up read-only is a reason, not the end; remounted, it gets everything since the start."""
    with small_disk(tmp_path / "state", "16m") as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with node_on(tmp_path) as node:
            assert node.until(lambda: complains(node, "outbox")), node.log
            assert committed(tmp_path) == 0
            subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
            assert node.until(lambda: committed(tmp_path) >= 20), node.log
            assert node.end() == 0, node.log
            assert (node.hangs, node.starts) == (0, 1)
            assert is_whole(tmp_path)


def test_node_whose_disk_gives_errors_goes_on_and_is_whole_when_it_is_mounted_anew(tmp_path: Path) -> None:
    """EIO from the kernel: a device that lost its backing. What had been committed is there after the repair."""
    with small_disk(tmp_path / "backing", "12m") as backing:
        image, disk = backing / "image", tmp_path / "state"
        disk.mkdir()
        with image.open("wb") as file:
            file.truncate(64 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-O", "^has_journal", str(image)], check=True)
        subprocess.run(["mount", "-o", "loop,errors=remount-ro", str(image), str(disk)], check=True)
        try:
            with node_on(tmp_path) as node:
                assert node.until(lambda: committed(tmp_path) >= 20), node.log
                before = committed(tmp_path)
                filler = fill(backing)
                assert node.until(lambda: complains(node, "outbox")), node.log
                assert complains(node, "I/O") or complains(node, "read-only") or complains(node, "readonly"), node.said
                filler.unlink()
                assert node.until(lambda: subprocess.run(["umount", str(disk)], check=False).returncode == 0)
                subprocess.run(["mount", "-o", "loop", str(image), str(disk)], check=True)
                assert node.until(lambda: committed(tmp_path) >= before + 20), node.log
                assert node.end() == 0, node.log
                assert (node.hangs, node.starts) == (0, 1)
                assert is_whole(tmp_path)
        finally:
            subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")
def test_gateway_on_a_full_disk_waits_and_stores_everything_when_there_is_room(tmp_path: Path) -> None:
    """Nothing is acknowledged and nothing dies; it is said once; with room again every record is stored, once."""
    with small_disk(tmp_path / "disk", "16m") as disk, Broker(tmp_path) as broker:
        (tmp_path / "gateway.toml").write_text(f'[mqtt]\nport = {broker.port}\n[store]\npath = "disk/gateway.db"\n')
        command = (sys.executable, "-m", "gateway", "run", "--config", "gateway.toml")
        with Supervisor(command, tmp_path, PATIENCE_S) as gateway:
            assert gateway.until(lambda: "session new" in gateway.log), gateway.log
            publish(broker.port, 0, 20)
            assert gateway.until(lambda: rows(disk) == 20), gateway.log
            filler = fill(disk)
            publish(broker.port, 20, 500)
            assert gateway.until(lambda: complains(gateway, "full")), gateway.log
            signs = gateway.said.count("WATCHDOG=1")
            assert gateway.until(lambda: gateway.said.count("WATCHDOG=1") >= signs + 2), "no more signs of life"
            assert rows(disk) < 520
            filler.unlink()
            assert gateway.until(lambda: rows(disk) == 520), gateway.log
            assert gateway.end() == 0, gateway.log
            assert (gateway.hangs, gateway.starts) == (0, 1)
            assert gateway.log.count("nothing is acknowledged") == 1
            assert "Traceback" not in gateway.log
