"""A node that renews its model, beside the publisher and the air of a rehearsal."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from node.infer import TABLE
from node.infer.heads import TABLE as HEADS
from node.infer.heads.classes import Params as ClassesParams
from node.infer.tflite import Params as EngineParams
from node.options import Spec
from node.update.params import Params
from node.update.stand_in import StandIn
from node.update.terms import Terms
from node.update.updater import Means, Updater
from node.values import Features, Sample, TimeQuality
from tools.models.rehearsal import NOW_MS, ZOO, Air, Clock, Publisher

if TYPE_CHECKING:
    from pathlib import Path

    from node.update.progress import Progress
    from node.wire.messages import ModelOffer

DAY_MS: Final = 86_400_000
RICH: Final = Means(draw_mw=1000.0)


class Node:
    """The part of a node that renews its model; `again` is what a restart makes of its disk."""

    def __init__(self, folder: Path, publisher: Publisher, **options: object) -> None:
        self.folder = folder / "node"
        root = folder / "1.root.json"
        root.write_bytes(publisher.repository.root_bytes())
        self.params = replace(Params(root=root, shadow_windows=4, agreement=0.5), **options)  # type: ignore[arg-type]
        self.clock = Clock()
        self.publisher = publisher
        self.again()

    def again(self, progress: Progress | None = None) -> None:
        """Start anew on the same disk."""
        self.updater = Updater(self.params, self.folder, self.clock, "rpi-5", factory=FACTORY_MODEL, progress=progress)

    def transmit(self, offer: ModelOffer | None, air: Air | None = None, means: Means = RICH) -> Air:
        """Have a transmission, and what comes after it."""
        air = air or Air(self.publisher.folder, self.clock)
        self.updater.errand(offer, air, air, means)
        self.updater.work()
        return air

    @property
    def state(self) -> str:
        """Where it stands, as the gateway is told."""
        return self.updater.told().get("state", "idle")

    @property
    def reason(self) -> str:
        """Why."""
        return self.updater.told().get("reason", "")


FACTORY_MODEL: Final = ZOO / "digits_standard_float.tflite"
SAMPLE = Sample(time_ms=NOW_MS, time_quality=TimeQuality.SYNCED, values={})
FACTORY = Spec(
    "tflite",
    TABLE["tflite"],
    EngineParams(
        model=FACTORY_MODEL,
        head=Spec("classes", HEADS["classes"], ClassesParams(labels=tuple("0123456789"))),
        name="digits@1",
    ),
)


def picture(number: int) -> Features:
    """Return a held-out picture, of those that the zoo's models agree on: all but the first of forty."""
    with np.load(ZOO / "digits_eval.npz") as pictures:
        return Features(data=pictures["images"][number + 1 : number + 2, :, :, None].astype(np.float32))


def answers(node: Node, windows: int = 1, engine: StandIn | None = None) -> list[str]:
    """Have a node answer some windows, as a start would that begins with them; returns which model did."""
    engine = engine or StandIn(FACTORY, node.updater)
    return [each.model for number in range(windows) for each in engine.infer(SAMPLE, picture(number))]


def noise(publisher: Publisher, size_bytes: int, **terms: object) -> ModelOffer:
    """Publish a large file that is no model."""
    data = np.random.default_rng(3).bytes(size_bytes)
    return publisher.put(Terms(model="digits", version=2, card="", golden="digits@2.npz", **terms), data, golden())  # type: ignore[arg-type]


def golden(answers: float = 0.0, windows: int = 4, agree: int = 0) -> bytes:
    """Return golden windows of a model that answers a number."""
    file = io.BytesIO()
    arrays = {"windows": np.zeros((windows, 8, 8, 1), np.float32), "answers": np.full((windows, 10), answers)}
    np.savez(file, agree=agree, tolerance=0.01, **arrays)  # type: ignore[arg-type]
    return file.getvalue()
