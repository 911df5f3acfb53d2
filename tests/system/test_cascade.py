"""An unsure window over a real broker, between real processes: the node's answer, then the gateway's, to everybody."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.broker import MOSQUITTO, Broker
from tests.gateway.escalate.endpoint import Endpoint
from tests.imports import ROOT
from tools.showcase.children import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")

PATIENCE_S: Final = 90.0
ZOO: Final = ROOT / "tools" / "zoo"
NODE: Final = """
[node]
site = "plant"
name = "meter"
board = "generic"
[mqtt]
host = "127.0.0.1"
port = {port}
[sense.camera]
part = "replay"
path = "{zoo}/digits_eval.npz"
loop = true
[sense.camera.npz]
data = "images"
labels = "labels"
[start]
block = "image"
[infer]
part = "tflite"
model = "{zoo}/digits_small_int8.tflite"
[record]
stream = "digits"
[cascade]
threshold = 0.98
share = 0.2
[transmit]
interval_s = {interval_s}
stay_connected_below_s = {stays_s}
health_s = 1.0
[sleep]
period_s = 0.05
"""


class Plant:
    """A broker, a gateway, a node and a subscriber, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broker = Broker(folder)
        self.broker.start()
        self.children: dict[str, Child] = {}

    def start_gateway(self, escalate: str) -> None:
        """Start the gateway with an `[escalate]`."""
        head = f'[site]\nname = "plant"\n[mqtt]\nport = {self.broker.port}\n[publish]\nresults = "all"\n'
        (self.folder / "gateway.toml").write_text(f"{head}[escalate]\n{escalate}")
        self._start("gateway")

    def start_node(self, *, interval_s: float = 0.3, stays: bool = True) -> None:
        """Start the node; one that does not stay connected goes away after each transmission."""
        stays_s = 30.0 if stays else 0.0
        text = NODE.format(port=self.broker.port, zoo=ZOO, interval_s=interval_s, stays_s=stays_s)
        (self.folder / "node.toml").write_text(text)
        self._start("node")

    def subscribe(self) -> None:
        """Write down what a subscriber hears of the node."""
        topic = "torpor/1/plant/_/meter/#"
        words = ["mosquitto_sub", "-p", str(self.broker.port), "-F", "%t %p", "-t", topic]
        self.children["subscriber"] = Child("subscriber", words, self.folder)

    def heard(self, kind: str) -> list[dict[str, Any]]:
        """Return what the subscriber heard of a kind, in order."""
        lines = self.children["subscriber"].log.read_text(errors="replace").splitlines()
        said = [line.partition(" ") for line in lines]
        return [json.loads(body) for topic, _, body in said if topic.endswith(kind) and body.endswith("}")]

    def node_counter(self, name: str) -> int:
        """Return what the node counts, as it left it on disk."""
        with suppress(OSError, ValueError):
            return int(json.loads((self.folder / "state" / "health.json").read_text())[name])
        return 0

    def answers(self) -> list[tuple[str, str, str]]:
        """Return by whom, label and note of the answers that the gateway stored."""
        uri = f"file:{self.folder}/gateway.db?mode=ro"
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(uri, uri=True)) as database:
            return database.execute("SELECT by, label, note FROM answer").fetchall()
        return []

    def until(self, claim: Callable[[], object], what: str) -> None:
        """Look again and again until it holds."""
        start_s = time.monotonic()
        while not claim():
            told = "\n".join(f"{name}: {child.last_words()}" for name, child in self.children.items())
            assert time.monotonic() - start_s < PATIENCE_S, f"{what}: {told}"
            assert all(child.code is None for child in self.children.values()), told
            threading.Event().wait(0.05)

    def _start(self, name: str) -> None:
        words = [sys.executable, "-m", name, "run", "--config", str(self.folder / f"{name}.toml")]
        self.children[name] = Child(name, words, self.folder)


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    """Open it, and leave nothing running."""
    made = Plant(tmp_path)
    try:
        yield made
    finally:
        for child in made.children.values():
            child.kill()
        made.broker.kill()


def test_unsure_window_is_answered_by_the_gateway_to_node_and_subscribers(plant: Plant) -> None:
    """A subscriber reads the node's answer, then the gateway's for the same row; the node hears it while it is up."""
    plant.subscribe()
    plant.start_gateway(f'deadline_ms = 20.0\n[escalate.models]\ndigits = "{ZOO}/digits_standard_float.tflite"\n')
    plant.start_node()
    plant.until(lambda: plant.node_counter("answers") >= 2, "the node hears answers")
    plant.until(lambda: any(each["answered_by"] == "gateway" for each in plant.heard("results/digits")), "so do others")
    plant.until(lambda: any(each["answered"].get("gateway") for each in plant.heard("/cascade")), "it is accounted for")

    rows = plant.heard("results/digits")
    better = next(each for each in rows if each["answered_by"] == "gateway")
    same = [each["answered_by"] for each in rows if (each["boot"], each["seq"]) == (better["boot"], better["seq"])]
    assert list(dict.fromkeys(same)) == ["node", "gateway"]
    assert better["model"] == "digits_standard_float@1"
    assert better["values"]["confidence"] > 0.5
    assert plant.node_counter("escalated") <= 0.2 * plant.node_counter("inferences") + 1


def test_unsure_window_of_a_sleeper_is_answered_by_the_cloud_at_its_next_wake(plant: Plant) -> None:
    """A node that goes away after each transmission finds the answer of the cloud when it comes back."""
    with Endpoint() as cloud:
        plant.start_gateway(f'deadline_ms = 20.0\ncloud_url = "{cloud.url}"\n')
        plant.start_node(stays=False)
        plant.until(lambda: plant.node_counter("answers") >= 2, "the sleeper hears answers")
    assert {by for by, _, _ in plant.answers()} == {"cloud"}
    assert all(len(each["inputs"][0]["data"]) % 64 == 0 for each in cloud.questions)


def test_unsure_window_that_nobody_answers_is_told_so(plant: Plant) -> None:
    """A gateway with neither model nor cloud says that there is no better answer, and why; nothing waits for one."""
    plant.start_gateway("")
    plant.start_node()
    plant.until(lambda: plant.node_counter("unanswered") >= 1, "the node is told")
    assert {(by, label) for by, label, _ in plant.answers()} == {("", "")}
    assert plant.node_counter("records_receipted") > 0
