"""A disk that fills up, breaks or turns read-only under a running node and gateway: they live on, and lose nothing."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.broker import MOSQUITTO, Broker
from tests.node.transmit.outboxes import crash, drained, open_outbox, sent
from tests.node.transmit.outboxes import fill as fill_outbox
from tests.node.transmit.worlds import NEXT_BOOT
from tests.supervisor import Supervisor
from tests.system.test_hangs import committed, publish, rows
from tools.chaos import journal
from tools.chaos.subject import FILE
from tools.powercut import mounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def _mounts() -> bool:
    """Whether this process may mount."""
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return os.geteuid() == 0 and done.returncode == 0


pytestmark = pytest.mark.skipif(not _mounts(), reason="needs root and the right to mount")

PATIENCE_S: Final = 15.0
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


@pytest.fixture(autouse=True)
def _mounts_of_our_own() -> Iterator[None]:
    """Mount where nobody else looks.

    Whoever makes a namespace of his own meanwhile, a service or another test, has copies of all mounts in it: a file
    system that is unmounted here would live on there, and be met again, aborted as it was, by who mounts it anew.
    """
    with Path("/proc/thread-self/ns/mnt").open("rb") as before:
        mounts.part()
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        folder = Path.cwd()
        yield
        mounts.join(before.fileno())
        os.chdir(folder)  # joining leads to the root


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a little disk of memory."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def loop_disk(folder: Path, name: str = "disk", errors: str = "continue") -> Iterator[tuple[Path, Path]]:
    """Mount an ext4 without a journal, whose device fails when what backs it is full; backing and disk."""
    with small_disk(folder / "backing", "12m") as backing:
        disk = folder / name
        disk.mkdir()
        with (backing / "image").open("wb") as file:
            file.truncate(64 << 20)
        subprocess.run(
            ["mkfs.ext4", "-q", "-F", "-b", "4096", "-O", "^has_journal", str(backing / "image")], check=True
        )
        mount(backing, disk, f"errors={errors}")
        try:
            yield backing, disk
        finally:
            subprocess.run(["umount", "--lazy", str(disk)], check=True)


def mount(backing: Path, disk: Path, *options: str) -> None:
    """Mount its image, on a device that tells no lies.

    Of a request that what backs it took in part, Linux's loop device says that it took all of it
    (drivers/block/loop.c, `lo_complete_rq`). One of a page at a time is taken, or is not.
    """
    subprocess.run(["mount", "-o", ",".join(("loop", *options)), str(backing / "image"), str(disk)], check=True)
    device = disk.stat().st_dev
    queue = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/queue")
    (queue / "max_sectors_kb").write_text("4")


def anew(backing: Path, disk: Path) -> None:
    """Mount it again, so that what is read comes from the device and not from memory."""
    subprocess.run(["umount", str(disk)], check=True)
    mount(backing, disk)


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
    with loop_disk(tmp_path, "state", "remount-ro") as (backing, disk), node_on(tmp_path) as node:
        assert node.until(lambda: committed(tmp_path) >= 20), node.log
        before = committed(tmp_path)
        filler = fill(backing)
        assert node.until(lambda: complains(node, "outbox")), node.log
        assert complains(node, "I/O") or complains(node, "ead-only") or complains(node, "readonly"), node.said
        filler.unlink()
        assert node.until(lambda: subprocess.run(["umount", str(disk)], check=False).returncode == 0)
        mount(backing, disk)
        assert node.until(lambda: committed(tmp_path) >= before + 20), node.log
        assert node.end() == 0, node.log
        assert (node.hangs, node.starts) == (0, 1)
        assert is_whole(tmp_path)


def test_outbox_on_a_full_disk_sends_what_was_committed(tmp_path: Path) -> None:
    """Sending takes no room: by a process that found it full, too; with room again what was receipted is forgotten."""
    with small_disk(tmp_path / "disk", "1m") as disk:
        outbox = open_outbox(disk, group_records=10)
        fill_outbox(outbox, 200)
        filler = fill(disk)
        while not outbox.trouble:
            fill_outbox(outbox, 10)
        on_disk = outbox.counters["committed"]
        assert on_disk >= 200
        crash(outbox)
        outbox = open_outbox(disk, NEXT_BOOT)
        assert sent(outbox) == list(range(on_disk))
        assert sent(outbox) == []
        filler.unlink()
        outbox.close()
        assert drained(disk) == []


def test_node_whose_disk_gives_errors_for_a_while_goes_on_and_is_whole(tmp_path: Path) -> None:
    """EIO, and then none: every record is on the disk once, also when it is mounted anew and the memory forgotten."""
    with loop_disk(tmp_path, "state") as (backing, disk):
        with node_on(tmp_path) as node:
            assert node.until(lambda: committed(tmp_path) >= 20), node.log
            before = committed(tmp_path)
            filler = fill(backing)
            assert node.until(lambda: complains(node, "outbox")), node.log
            filler.unlink()
            assert node.until(lambda: committed(tmp_path) >= before + 40), node.log
            assert node.end() == 0, node.log
            assert (node.hangs, node.starts) == (0, 1)
            assert "damaged" not in node.log
        anew(backing, disk)
        assert is_whole(tmp_path)


needs_broker = pytest.mark.skipif(
    MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto"
)
SERVE: Final = (sys.executable, "-m", "gateway", "run", "--config", "gateway.toml")
HASTY: Final = (sys.executable, "-m", "tools.chaos.hasty", "gateway.toml")


@contextmanager
def gateway_on(folder: Path, broker: Broker, command: Sequence[str] = SERVE) -> Iterator[Supervisor]:
    """Run a gateway whose store lies on `disk`, beside its other files."""
    (folder / "gateway.toml").write_text(f'[mqtt]\nport = {broker.port}\n[store]\npath = "disk/gateway.db"\n')
    with Supervisor(command, folder, PATIENCE_S) as gateway:
        assert gateway.until(lambda: bool(gateway.said)), gateway.log
        yield gateway


class Subscriber:
    """Hears what the gateway says of itself."""

    def __init__(self, broker: Broker) -> None:
        self.heard: list[dict[str, object]] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = lambda _client, _data, message: self.heard.append(json.loads(message.payload))
        self._client.connect("127.0.0.1", broker.port)
        self._client.subscribe("torpor/1/site/_/status", qos=1)
        self._client.loop_start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def store(self) -> str | None:
        """Return what the newest status says is wrong with the store; None where nothing is."""
        reasons = self.heard[-1]["reasons"] if self.heard else {}
        assert isinstance(reasons, dict)
        return reasons.get("store")

    def refusals(self) -> int:
        """Return how many attempts the disk refused."""
        return int(str(self.heard[-1]["refusals"]))


def readable(disk: Path) -> int:
    """Return how many records a reader finds; -1 while it meets pages that never came to the disk, until the repair."""
    try:
        return rows(disk)
    except sqlite3.DatabaseError:
        return -1


def begin(gateway: Supervisor, dash: Subscriber, broker: Broker, disk: Path) -> None:
    """All is well, and the first records are stored."""
    assert gateway.until(lambda: dash.heard != []), gateway.log
    publish(broker.port, 0, 20)
    assert gateway.until(lambda: rows(disk) == 20), gateway.log


def check_refusal(gateway: Supervisor, dash: Subscriber, broker: Broker, disk: Path) -> None:
    """A disk that refuses: what comes is not acknowledged, and it is told and counted; the gateway lives on."""
    publish(broker.port, 20, 200)
    assert gateway.until(lambda: bool(dash.store())), gateway.log
    assert dash.refusals() > 0
    signs = gateway.said.count("WATCHDOG=1")
    assert gateway.until(lambda: gateway.said.count("WATCHDOG=1") >= signs + 2), "no more signs of life"
    assert readable(disk) < 220


def check_recovery(gateway: Supervisor, dash: Subscriber, disk: Path) -> None:
    """The disk is back: everything is stored, once, by the same process, and all is well again."""
    assert gateway.until(lambda: dash.store() is None), dash.heard[-1]
    assert gateway.until(lambda: readable(disk) == 220), gateway.log
    assert gateway.end() == 0, gateway.log
    assert (gateway.hangs, gateway.starts) == (0, 1)
    assert gateway.log.count("nothing is acknowledged") <= 3, "it says so again and again"
    assert "Traceback" not in gateway.log


def is_sound(disk: Path) -> bool:
    """Whether a store is whole, and holds every record once."""
    with closing(sqlite3.connect(disk / "gateway.db")) as database:
        (verdict,) = database.execute("PRAGMA integrity_check").fetchone()
        seqs = [seq for (seq,) in database.execute("SELECT seq FROM record ORDER BY seq")]
    return verdict == "ok" and seqs == list(range(220))


@needs_broker
def test_gateway_on_a_full_disk_waits_and_stores_everything_when_there_is_room(tmp_path: Path) -> None:
    """Nothing is acknowledged and nothing dies; with room again every record is stored, once."""
    with small_disk(tmp_path / "disk", "16m") as disk, Broker(tmp_path) as broker, Subscriber(broker) as dash:
        with gateway_on(tmp_path, broker) as gateway:
            begin(gateway, dash, broker, disk)
            filler = fill(disk)
            check_refusal(gateway, dash, broker, disk)
            filler.unlink()
            check_recovery(gateway, dash, disk)
        assert is_sound(disk)


@needs_broker
@pytest.mark.parametrize(("command", "stored"), [(SERVE, 220), (HASTY, 20)])
def test_gateway_that_is_killed_while_its_disk_is_full_has_acknowledged_nothing(
    tmp_path: Path, command: Sequence[str], stored: int
) -> None:
    """The broker still has all that came meanwhile; of the control, that acknowledges on arrival, it is gone."""
    with small_disk(tmp_path / "disk", "16m") as disk, Broker(tmp_path) as broker, Subscriber(broker) as dash:
        with gateway_on(tmp_path, broker, command) as gateway:
            begin(gateway, dash, broker, disk)
            filler = fill(disk)
            publish(broker.port, 20, 200)
            assert gateway.until(lambda: bool(dash.store())), gateway.log
            heard = tmp_path / "heard"
            assert command is SERVE or gateway.until(lambda: heard.stat().st_size >= 220), gateway.log
        filler.unlink()
        publish(broker.port, 220, 1)
        (tmp_path / "notify").unlink()
        with gateway_on(tmp_path, broker) as gateway:
            assert gateway.until(lambda: rows(disk) == stored + 1), gateway.log
            assert gateway.end() == 0, gateway.log


@needs_broker
def test_gateway_whose_disk_turns_read_only_waits_for_one_that_is_mounted_anew(tmp_path: Path) -> None:
    """The kernel gives a file system up: nothing is acknowledged; mounted again, everything is stored, once.

    ext4's `abort` is what an error would do. Nothing but mounting it anew ends that, and the gateway lets go of it.
    """
    with loop_disk(tmp_path) as (backing, disk), Broker(tmp_path) as broker, Subscriber(broker) as dash:
        with gateway_on(tmp_path, broker) as gateway:
            begin(gateway, dash, broker, disk)
            subprocess.run(["mount", "-o", "remount,abort", str(disk)], check=True)
            check_refusal(gateway, dash, broker, disk)
            assert gateway.until(lambda: "Read-only file system" in str(dash.store())), dash.heard[-1]
            assert gateway.until(lambda: subprocess.run(["umount", str(disk)], check=False).returncode == 0)
            mount(backing, disk)
            check_recovery(gateway, dash, disk)
        assert is_sound(disk)


@needs_broker
def test_gateway_whose_disk_gives_errors_waits_and_stores_everything_afterwards(tmp_path: Path) -> None:
    """EIO from the kernel, and then none; mounted anew, what was receipted is there."""
    with loop_disk(tmp_path) as (backing, disk), Broker(tmp_path) as broker, Subscriber(broker) as dash:
        with gateway_on(tmp_path, broker) as gateway:
            begin(gateway, dash, broker, disk)
            filler = fill(backing)
            check_refusal(gateway, dash, broker, disk)
            filler.unlink()
            check_recovery(gateway, dash, disk)
        anew(backing, disk)
        assert is_sound(disk)
