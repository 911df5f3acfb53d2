"""A model from the publisher's desk to a node's answers, over a real broker, with real processes."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import threading
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from gateway.__main__ import main as gateway_command
from node.wire import codec
from node.wire.messages import Reported
from tests.broker import MOSQUITTO, Broker
from tests.imports import ROOT
from tools.models.__main__ import main as publisher
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
model = "{folder}/factory.tflite"
[transmit]
interval_s = 0.3
[sleep]
period_s = 0.05
[update]
root = "{folder}/models/metadata/1.root.json"
shadow_windows = 8
agreement = 0.5
"""


class Plant:
    """A broker, a gateway, a node and a publisher, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broker = Broker(folder)
        self.broker.start()
        shutil.copy(ZOO / "digits_standard_float.tflite", folder / "factory.tflite")
        card = (ZOO / "digits_standard_float.toml").read_text().replace("digits_standard_float@1", "digits@1")
        (folder / "factory.toml").write_text(card)
        (folder / "gateway.toml").write_text(f'[site]\nname = "plant"\n[mqtt]\nport = {self.broker.port}\n')
        (folder / "node.toml").write_text(NODE.format(port=self.broker.port, zoo=ZOO, folder=folder))
        assert publisher(["init", str(folder / "models")]) == 0
        self.children: dict[str, Child] = {}

    def start(self, name: str, module: str) -> None:
        """Start a process, or start it again."""
        config = str(self.folder / f"{name}.toml")
        self.children[name] = Child(name, [sys.executable, "-m", module, "run", "--config", config], self.folder)

    def publish(self, model: str, version: int) -> None:
        """Publish one of the zoo as the next version of the digits, with golden windows of its own."""
        path, models = self.folder / "next.tflite", self.folder / "models"
        shutil.copy(ZOO / f"{model}.tflite", path)
        path.with_suffix(".toml").write_text(
            (ZOO / f"{model}.toml").read_text().replace(f"{model}@1", f"digits@{version}")
        )
        with np.load(ZOO / "digits_eval.npz") as pictures:
            np.savez(self.folder / "golden.npz", windows=pictures["images"][:32, :, :, None].astype(np.float32))
        golden = str(self.folder / "golden.npz")
        assert publisher(["add", str(models), str(path), "--version", str(version), "--windows", golden]) == 0
        for number in (1, 2):
            key = str(models / "keys" / f"targets-{number}.pem")
            assert publisher(["sign", str(models), "targets", "--key", key]) == 0
        assert publisher(["publish", str(models)]) == 0

    def offer(self, target: str) -> None:
        """Do what an operator does."""
        assert gateway_command(["offer", "--config", str(self.folder / "gateway.toml"), "--node", "meter", target]) == 0

    def reported(self) -> Reported | None:
        """Return what the node last said that it runs on, as the gateway stored it."""
        found = self._ask("SELECT payload FROM said WHERE kind = 'reported'")
        message = codec.decode("reported", found[0][0]) if found else None
        assert message is None or isinstance(message, Reported)
        return message

    def state(self) -> str:
        """Return where the update stands, as the gateway knows it."""
        reported = self.reported()
        return reported.update.get("state", "") if reported else ""

    def answering(self) -> set[str]:
        """Return the models whose answers the gateway has of the node's newest start."""
        newest = "record.boot = (SELECT max(id) FROM boot)"
        return {
            model
            for (model,) in self._ask(
                f"SELECT DISTINCT model FROM record JOIN series ON series.id = series WHERE {newest}"  # noqa: S608 - ours
            )
        }

    def starts(self) -> int:
        """Return how many starts of the node the gateway has heard of."""
        return len(self._ask("SELECT id FROM boot"))

    def _ask(self, question: str) -> list[tuple[Any, ...]]:
        """Ask the gateway's database; one that is not made yet has no answer."""
        uri = f"file:{self.folder}/gateway.db?mode=ro"
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(uri, uri=True)) as database:
            return database.execute(question).fetchall()
        return []

    def until(self, claim: Callable[[], bool], what: str) -> None:
        """Look again and again until it holds."""
        start_s = time.monotonic()
        while not claim():
            assert time.monotonic() - start_s < PATIENCE_S, f"{what}: {self.told()}"
            for name, child in self.children.items():
                assert child.code is None, f"{name} ended: {self.told()}"
            threading.Event().wait(0.05)

    def told(self) -> str:
        """Return what everybody said last."""
        return "\n".join(f"{name}: {child.last_words()}" for name, child in self.children.items())


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


def test_update_over_a_broker_changes_what_answers(plant: Plant) -> None:
    """Published, offered, fetched, tested, on probation, committed: the next answer is the new model's."""
    plant.start("gateway", "gateway")
    plant.start("node", "node")
    plant.until(lambda: "digits@1" in plant.answering(), "the factory answers")
    plant.publish("digits_int8", 2)
    plant.offer("digits@2.tflite")
    plant.until(lambda: plant.state() == "successful", "the update succeeds")
    plant.until(lambda: "digits@2" in plant.answering(), "the new model answers")
    plant.until(lambda: (said := plant.reported()) is not None and said.model == "digits@2", "it is reported")

    plant.children.pop("node").kill()
    plant.start("node", "node")
    plant.until(lambda: plant.starts() == 2 and bool(plant.answering()), "the node answers after a restart")
    assert plant.answering() == {"digits@2"}
