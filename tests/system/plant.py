"""A plant: a broker, a gateway and nodes as real processes, and a publisher who publishes the zoo's models."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import threading
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gateway.__main__ import main as gateway_command
from gateway.clock import wall_ms
from node.wire import codec
from node.wire.messages import Reported
from tests.broker import Broker
from tests.imports import ROOT
from tools.models import target
from tools.models.__main__ import main as publisher
from tools.models.repository import Repository
from tools.showcase.children import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy.typing as npt

PATIENCE_S: Final = 90.0
ZOO: Final = ROOT / "tools" / "zoo"
NODE: Final = """
[node]
site = "plant"
name = "{name}"
board = "generic"
state_dir = "state-{name}"
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
{more}
"""


METER: Final = {"meter": ""}


class Plant:
    """A broker, a gateway, some nodes and a publisher, in one folder.

    Args:
        folder: an empty one.
        nodes: their names, and what more `[update]` says of each.
    """

    def __init__(self, folder: Path, nodes: Mapping[str, str] = METER) -> None:
        self.folder = folder
        self.broker = Broker(folder)
        self.broker.start()
        shutil.copy(ZOO / "digits_standard_float.tflite", folder / "factory.tflite")
        card = (ZOO / "digits_standard_float.toml").read_text().replace("digits_standard_float@1", "digits@1")
        (folder / "factory.toml").write_text(card)
        (folder / "gateway.toml").write_text(f'[site]\nname = "plant"\n[mqtt]\nport = {self.broker.port}\n')
        for name, more in nodes.items():
            told = NODE.format(name=name, port=self.broker.port, zoo=ZOO, folder=folder, more=more)
            (folder / f"{name}.toml").write_text(told)
        assert publisher(["init", str(folder / "models")]) == 0
        self.children: dict[str, Child] = {}

    def close(self) -> None:
        """Leave nothing running."""
        for child in self.children.values():
            child.kill()
        self.broker.kill()

    def start(self, name: str) -> None:
        """Start the gateway or a node, or start it again."""
        module = "gateway" if name == "gateway" else "node"
        config = str(self.folder / f"{name}.toml")
        self.children[name] = Child(name, [sys.executable, "-m", module, "run", "--config", config], self.folder)

    def publish(self, model: str, version: int, *words: str) -> None:
        """Publish one of the zoo as the next version of the digits, with golden windows of its own."""
        path = self._card(model, version)
        np.savez(self.folder / "golden.npz", windows=_windows())
        golden = str(self.folder / "golden.npz")
        models = str(self.folder / "models")
        assert publisher(["add", models, str(path), "--version", str(version), "--windows", golden, *words]) == 0
        self._sign()

    def publish_damaged(self, model: str, version: int) -> None:
        """Publish one whose weights were damaged before anybody signed; its golden answers are the sound one's."""
        path = self._card(model, version)
        terms, proof = target.described(path, version, (), _windows())
        content = path.read_bytes()
        third = len(content) // 3
        repository = Repository(self.folder / "models", wall_ms())
        for name, golden in proof.items():
            repository.add(name, golden)
        repository.add(f"{terms.name}.tflite", content[:third] + bytes(third) + content[2 * third :], terms.dump())
        self._sign()

    def _card(self, model: str, version: int) -> Path:
        path = self.folder / "next.tflite"
        shutil.copy(ZOO / f"{model}.tflite", path)
        card = (ZOO / f"{model}.toml").read_text().replace(f"{model}@1", f"digits@{version}")
        path.with_suffix(".toml").write_text(card)
        return path

    def _sign(self) -> None:
        models = self.folder / "models"
        for number in (1, 2):
            key = str(models / "keys" / f"targets-{number}.pem")
            assert publisher(["sign", str(models), "targets", "--key", key]) == 0
        assert publisher(["publish", str(models)]) == 0

    def type(self, *words: str) -> int:
        """Do what an operator does."""
        return gateway_command([*words, "--config", str(self.folder / "gateway.toml")])

    def reported(self, node: str = "meter") -> Reported | None:
        """Return what a node last said that it runs on, as the gateway stored it."""
        found = self.ask("SELECT payload FROM said WHERE kind = 'reported' AND node = ?", node)
        message = codec.decode("reported", found[0][0]) if found else None
        assert message is None or isinstance(message, Reported)
        return message

    def model(self, node: str = "meter") -> str:
        """Return the model that a node reports."""
        reported = self.reported(node)
        return reported.model if reported else ""

    def state(self, node: str = "meter") -> str:
        """Return where a node's update stands, as the gateway knows it."""
        reported = self.reported(node)
        return reported.update.get("state", "") if reported else ""

    def answering(self, node: str = "meter") -> set[str]:
        """Return the models whose answers the gateway has of a node's newest start."""
        newest = "record.boot = (SELECT max(id) FROM boot WHERE node = ?)"
        query = f"SELECT DISTINCT model FROM record JOIN series ON series.id = series WHERE {newest}"  # noqa: S608 - ours
        return {model for (model,) in self.ask(query, node)}

    def starts(self) -> int:
        """Return how many starts of the node the gateway has heard of."""
        return len(self.ask("SELECT id FROM boot"))

    def ask(self, question: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Ask the gateway's database; one that is not made yet has no answer."""
        uri = f"file:{self.folder}/gateway.db?mode=ro"
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(uri, uri=True)) as database:
            return database.execute(question, arguments).fetchall()
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


def _windows() -> npt.NDArray[np.float32]:
    """Return pictures that no model of the zoo was trained on."""
    with np.load(ZOO / "digits_eval.npz") as pictures:
        return np.asarray(pictures["images"][:32, :, :, None], np.float32)
