"""What hangs recovers: real processes under a supervisor that hears their signs of life."""

from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING, Final

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from node.wire import codec
from tests.broker import MOSQUITTO, Broker
from tests.gateway.world import results
from tests.node.transmit.outboxes import drained
from tests.supervisor import Supervisor
from tools.chaos import disks, journal
from tools.chaos.subject import FILE

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_S: Final = 2.0
GREAT_PATIENCE_S: Final = 10.0
"""For what must not be taken for hung, also where the machine gives it no time for seconds."""
LONG_S: Final = 1.5 * GREAT_PATIENCE_S
"""Long enough for a hang to be noticed by that: the patience, and a share of it between signs."""

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
period_s = 0.05
"""


def supervised(folder: Path, how: str, patience_s: float = PATIENCE_S) -> Supervisor:
    """Return a supervisor for a node that hangs as it is told."""
    (folder / "node.toml").write_text(NODE)
    return Supervisor((sys.executable, "-m", "tests.system.hung", how, "node.toml"), folder, patience_s)


def committed(folder: Path) -> int:
    """Return how many records are on the node's disk by its journal."""
    return len(journal.read(folder / FILE).committed)


@pytest.mark.parametrize("how", ["frozen", "lock"])
def test_node_that_hangs_is_started_again_and_has_lost_nothing(tmp_path: Path, how: str) -> None:
    """Frozen or in a deadlock it gives no sign; started again it goes on, and every committed record is there."""
    with supervised(tmp_path, "lock") as node:
        assert node.until(lambda: committed(tmp_path) >= 20), node.log
        if how == "frozen":
            node.stop(signal.SIGSTOP)
        else:
            (tmp_path / "hang").touch()
        assert node.until(lambda: node.hangs >= 1), "the hang was not noticed"
        before = committed(tmp_path)
        assert node.until(lambda: committed(tmp_path) >= before + 20), node.log
        assert node.end() == 0, node.log
        assert node.said[0] == "READY=1"
        assert node.said[-1] == "STOPPING=1"
    found = drained(tmp_path / "state")
    assert len(found) == len(set(found))
    assert set(found) >= journal.read(tmp_path / FILE).committed


def test_node_fed_by_a_timer_hangs_unseen(tmp_path: Path) -> None:
    """Negative control: a thread that feeds the watchdog by a timer hides the deadlock for ever."""
    with supervised(tmp_path, "timer", GREAT_PATIENCE_S) as node:
        assert node.until(lambda: committed(tmp_path) >= 20), node.log
        (tmp_path / "hang").touch()
        node.watch(LONG_S)
        before = committed(tmp_path)
        node.watch(LONG_S)
        assert committed(tmp_path) == before, "it does not hang, and the control proves nothing"
        assert (node.hangs, node.starts) == (0, 1)


def test_node_whose_sensor_never_answers_goes_on_without_it(tmp_path: Path) -> None:
    """The read is cut off, the reading is a gap with its reason in health, and no supervisor is needed."""
    with supervised(tmp_path, "sensor", GREAT_PATIENCE_S) as node:
        assert node.until(lambda: committed(tmp_path) >= 40), node.log
        assert node.until(lambda: node.said.count("WATCHDOG=1") >= 3), "it gives no signs of life"
        assert node.end() == 0, node.log
        assert (node.hangs, node.starts) == (0, 1)
    told = json.loads((tmp_path / "state" / "health.json").read_text())
    assert "still hangs" in told["reasons"]["sense.stuck"]
    assert told["faults_sense"] >= 40


def test_node_that_reads_a_stuck_sensor_on_the_spot_hangs_with_it(tmp_path: Path) -> None:
    """Negative control: without the bound not one record is made; the supervisor is the last resort."""
    with supervised(tmp_path, "spot") as node:
        assert node.until(lambda: node.hangs >= 1)
        assert committed(tmp_path) == 0


def rows(folder: Path) -> int:
    """Return how many records the gateway's store holds."""
    return len(disks.stored(folder / "gateway.db", "n1").rows)


def publish(port: int, first: int, count: int) -> None:
    """Send records as a node does, and wait until the broker has them."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"n1-{first}")
    client.connect("127.0.0.1", port)
    client.loop_start()
    for seq in range(first, first + count):
        sent = client.publish("torpor/1/site/n1/results", codec.encode(results([seq])), qos=1)
        sent.wait_for_publish(30.0)
    client.disconnect()
    client.loop_stop()


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")
@pytest.mark.parametrize("how", ["frozen", "lock"])
def test_gateway_that_hangs_is_started_again_and_has_lost_nothing(tmp_path: Path, how: str) -> None:
    """While it hangs the broker keeps what comes; started again it stores all of it, once."""
    with Broker(tmp_path) as broker:
        (tmp_path / "gateway.toml").write_text(f"[mqtt]\nport = {broker.port}\n")
        command = (sys.executable, "-m", "tests.system.hung_gateway", "gateway.toml")
        with Supervisor(command, tmp_path, PATIENCE_S) as gateway:
            assert gateway.until(lambda: "READY=1" in gateway.said), gateway.log
            assert gateway.until(lambda: "WATCHDOG=1" in gateway.said[2:]), gateway.log
            assert gateway.until(lambda: "session new" in gateway.log), gateway.log
            publish(broker.port, 0, 20)
            assert gateway.until(lambda: rows(tmp_path) == 20), gateway.log
            if how == "frozen":
                gateway.stop(signal.SIGSTOP)
            else:
                (tmp_path / "hang").touch()
                assert gateway.until((tmp_path / "hung").exists), gateway.log
            publish(broker.port, 20, 20)
            assert gateway.until(lambda: gateway.hangs >= 1), "the hang was not noticed"
            assert gateway.until(lambda: rows(tmp_path) == 40 and gateway.said.count("READY=1") > 1), gateway.log
            assert gateway.end() == 0, gateway.log
