"""Delivery over a real mosquitto, with the gateway as a real process that is really killed.

The node here is a few lines: it keeps each record until its receipt, and sends again what has none. Two
controls have to lose: a node that trusts the broker's PUBACK instead, and a gateway that acknowledges on arrival.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final, Self

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.setup import found
from node.wire import codec
from node.wire.messages import Receipts
from tests.broker import Broker
from tests.gateway.world import BOOT, results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

PATIENCE_S: Final = 25.0


def wait(ready: Callable[[], bool]) -> None:
    """Wait until something is so, at most PATIENCE_S."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.05)):
        if ready():
            return
        pause.wait(0.05)
    pytest.fail("it did not come about in time")


class Node:
    """A node over one MQTT 3.1.1 session.

    Args:
        name: the node's.
        port: the broker's.
        trusts_puback: forget a record when the broker has it; the variant that loses.
    """

    def __init__(self, name: str, port: int, *, trusts_puback: bool = False) -> None:
        self.name = name
        # No lock: paho calls back with its own held, so one of ours around `publish` would be a deadlock.
        self._sent: dict[int, int] = {}  # seq to the mid it was last sent with, in this thread
        self._receipted: set[int] = set()  # these two in paho's
        self._acknowledged: set[int] = set()
        self._trusts_puback = trusts_puback
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        self._client.reconnect_delay_set(1, 1)
        self._client.max_inflight_messages_set(100)
        self._client.on_connect = self._subscribe
        self._client.on_message = self._receipt
        self._client.on_publish = self._puback
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _subscribe(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe(f"torpor/1/site/{self.name}/receipt", qos=1)

    @property
    def acknowledged(self) -> int:
        """How many of its records the broker has acknowledged."""
        return sum(mid in self._acknowledged for mid in self._sent.values())

    @property
    def kept(self) -> list[int]:
        """The records that it still has."""
        return [
            seq
            for seq, mid in self._sent.items()
            if seq not in self._receipted and not (self._trusts_puback and mid in self._acknowledged)
        ]

    def send(self, seqs: Iterable[int]) -> None:
        """Send records, for the first time or again."""
        for seq in seqs:
            self._sent[seq] = self._publish(seq)

    def _publish(self, seq: int) -> int:
        return self._client.publish(f"torpor/1/site/{self.name}/results", codec.encode(results([seq])), qos=1).mid

    def _puback(self, _client: mqtt.Client, _userdata: object, mid: int, *_: object) -> None:
        self._acknowledged.add(mid)

    def _receipt(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        receipts = codec.decode("receipt", bytes(message.payload))
        assert isinstance(receipts, Receipts)
        for each in receipts.receipts:
            assert each.boot_id == BOOT
            for first, last in each.ranges:
                self._receipted.update(range(first, last + 1))


class Gateway:
    """The gateway's process.

    Args:
        folder: for its files.
        port: the broker's.
        hasty: run the control, which acknowledges on arrival.
    """

    def __init__(self, folder: Path, port: int, *, hasty: bool = False) -> None:
        found.write(folder, "site", found.Where(host="127.0.0.1", port=port))
        self._folder = folder
        self._command = ["tools.chaos.hasty"] if hasty else ["gateway", "run", "--config"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        command = [sys.executable, "-m", *self._command, str(self._folder / "gateway.toml")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stderr=log)

    def kill(self) -> None:
        """Kill it where it stands."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """End it in good order."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(10)

    @property
    def heard(self) -> int:
        """How many messages the control has acknowledged."""
        path = self._folder / "heard"
        return path.stat().st_size if path.exists() else 0

    @contextmanager
    def busy_disk(self) -> Iterator[None]:
        """Let nothing be committed, as a disk does that is busy for a while."""
        with closing(sqlite3.connect(self._folder / "gateway.db", timeout=10, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            yield
            database.execute("ROLLBACK")

    def stored(self, node: str) -> list[int]:
        """Return the seqs of a node's rows, in order; a second row of one seq shows."""
        path = self._folder / "gateway.db"
        if not path.exists():
            return []
        with closing(sqlite3.connect(path, timeout=10)) as database:
            query = "SELECT seq FROM record JOIN boot ON boot.id = boot WHERE node = ? ORDER BY seq"
            try:
                return [seq for (seq,) in database.execute(query, (node,))]
            except sqlite3.OperationalError:
                return []  # the tables are being made


@contextmanager
def world(folder: Path, *, hasty: bool = False) -> Iterator[tuple[Broker, Gateway]]:
    """Give a broker that runs and a gateway that does not yet; afterwards neither is left."""
    with Broker(folder) as broker:
        gateway = Gateway(folder / "gateway", broker.port, hasty=hasty)
        try:
            yield broker, gateway
        finally:
            gateway.kill()


def drain(node: Node) -> None:
    """Let a node send until it keeps nothing."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.5)):
        kept = node.kept
        if not kept:
            return
        node.send(kept)
        pause.wait(0.5)
    pytest.fail(f"{len(node.kept)} records were never receipted")


def begin(gateway: Gateway, node: Node) -> None:
    """Start the gateway and return when it hears the node: what is sent before that, nobody hears."""
    gateway.start()
    node.send(range(10))
    drain(node)


def test_gateway_killed_in_the_middle_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Twice killed while messages pour in: every record is stored once, and receipted."""
    with world(tmp_path) as (broker, gateway), Node("n1", broker.port) as node:
        begin(gateway, node)
        for start in (10, 1010):
            before = len(gateway.stored("n1"))
            node.send(range(start, start + 1000))
            wait(lambda before=before: len(gateway.stored("n1")) > before)  # type: ignore[misc]
            gateway.kill()
            gateway.start()
        node.send(range(2010, 2020))  # the one before may have receipted all else: now the last one has surely begun
        drain(node)
        assert gateway.stored("n1") == list(range(2020))
        assert gateway.stop() == 0


def survivors(folder: Path, *, hasty: bool) -> int:
    """Kill a gateway that could not commit 200 records yet, of a node that keeps none; return how many are stored."""
    folder.mkdir()
    with (
        world(folder, hasty=hasty) as (broker, gateway),
        Node("first", broker.port) as first,
        Node("n1", broker.port, trusts_puback=True) as node,
    ):
        begin(gateway, first)
        heard = gateway.heard
        with gateway.busy_disk():
            node.send(range(200))
            wait(lambda: not node.kept and (gateway.heard >= heard + 200 or not hasty))
            gateway.kill()
        assert gateway.stored("n1") == []
        gateway.start()
        node.send([200])  # behind all that the broker still has
        wait(lambda: 200 in gateway.stored("n1") and (hasty or len(gateway.stored("n1")) > 200))
        return len(gateway.stored("n1")) - 1


def test_gateway_killed_before_its_commit_gets_back_what_it_had_not_acknowledged(tmp_path: Path) -> None:
    """The broker gives again what no commit stands behind; to a gateway that acknowledges on arrival it does not."""
    assert survivors(tmp_path / "real", hasty=False) == 200
    assert survivors(tmp_path / "hasty", hasty=True) < 200  # the control


def test_broker_killed_while_the_gateway_is_down_loses_only_for_those_who_trust_pubacks(tmp_path: Path) -> None:
    """The broker acknowledged everything and died with it; the receipts had not come, so the node still has it."""
    with (
        world(tmp_path) as (broker, gateway),
        Node("keeps", broker.port) as keeps,
        Node("trusts", broker.port, trusts_puback=True) as trusts,
    ):
        begin(gateway, keeps)
        trusts.send(range(10))
        wait(lambda: len(gateway.stored("trusts")) == 10)
        gateway.kill()
        for node in (keeps, trusts):
            node.send(range(10, 200))
        wait(lambda: keeps.acknowledged == 200 and trusts.acknowledged == 200)
        broker.kill()
        broker.start()
        gateway.start()
        drain(keeps)
        assert gateway.stored("keeps") == list(range(200))
        assert trusts.kept == []
        assert len(gateway.stored("trusts")) < 200  # the control


def test_broker_killed_while_messages_pour_in_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """The gateway finds its way back by itself, subscribes again, and takes the resends as what they are."""
    with world(tmp_path) as (broker, gateway), Node("n1", broker.port) as node:
        begin(gateway, node)
        node.send(range(10, 1000))
        wait(lambda: len(gateway.stored("n1")) > 10)
        broker.kill()
        broker.start()
        drain(node)
        assert gateway.stored("n1") == list(range(1000))
