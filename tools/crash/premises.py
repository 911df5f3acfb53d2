"""What a trial needs on disks that nobody cuts: a publisher, its models, a factory's model, a configuration."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from node.wire import codec
from node.wire.messages import Desired, ModelOffer
from tools.models.rehearsal import ZOO, Publisher

if TYPE_CHECKING:
    from collections.abc import Mapping

PADDING_BYTES: Final = 150_000
"""Behind each model that is published: so that it takes several pieces."""
SHADOW_WINDOWS: Final = 4
"""More than the deaths that a probation may have."""
FACTORY: Final = "digits_standard_float"
_NODE: Final = """
[node]
site = "orchard"
name = "n1"
board = "sim"
state_dir = "{state}"
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
interval_s = 1.0
[sleep]
period_s = 1.0
[update]
root = "{folder}/1.root.json"
shadow_windows = {windows}
agreement = 0.5
selftest_s = {selftest_s}
selftest_mb = 512
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """A folder, and what is in it.

    Attributes:
        folder: of all of it.
        selftest_s: how long a self-test may take.
    """

    folder: Path
    selftest_s: float = 60.0

    @property
    def served(self) -> Path:
        """What the gateway serves."""
        return self.folder / "models"

    @property
    def desired(self) -> Path:
        """What the gateway wishes, as it is sent."""
        return self.folder / "desired.cbor"

    def configured(self, state: Path) -> Path:
        """Write a node's configuration; return its path."""
        path = self.folder / "node.toml"
        text = _NODE.format(
            state=state, zoo=ZOO, folder=self.folder, windows=SHADOW_WINDOWS, selftest_s=self.selftest_s
        )
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
        return path

    def offer(self, offers: ModelOffer, version: int) -> None:
        """Have the gateway wish for a model."""
        self.desired.write_bytes(codec.encode(Desired(version=version, model=offers)))


def made(folder: Path) -> tuple[Premises, Publisher]:
    """Make the premises, with a repository that holds nothing yet."""
    folder.mkdir(parents=True, exist_ok=True)
    publisher = Publisher(folder)
    (folder / "1.root.json").write_bytes(publisher.repository.root_bytes())
    shutil.copy(ZOO / f"{FACTORY}.tflite", folder / "factory.tflite")
    card = (ZOO / f"{FACTORY}.toml").read_text().replace(f"{FACTORY}@1", "digits@1")
    (folder / "factory.toml").write_text(card)
    return Premises(folder=folder), publisher


def published(
    publisher: Publisher, version: int, trap: Mapping[str, object] | None = None, model: str = "digits_int8"
) -> ModelOffer:
    """Publish a version, and what it does to its process.

    Args:
        publisher: whose.
        version: from 2 on; the factory's is 1.
        trap: as `traps.ai_edge_litert.interpreter` reads it; None for a good model.
        model: of the zoo.
    """
    words = b"\nTRAP " + json.dumps(trap).encode() if trap else b""
    return publisher.publish(
        version, model, trained=lambda content: content + bytes(PADDING_BYTES) + words, deltas=False
    )
