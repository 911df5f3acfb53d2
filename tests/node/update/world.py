"""A publisher, a gateway and the air between it and a node, all in one folder; the pieces are real, the air is not."""

from __future__ import annotations

import io
import shutil
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from gateway.config import Models
from gateway.files import Files
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
from node.wire import codec
from node.wire.messages import Ask, File, ModelOffer
from tests.imports import ROOT
from tools.models import keys, target
from tools.models.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from node.update.progress import Progress

ZOO: Final = ROOT / "tools" / "zoo"
NOW_MS: Final = 1_800_000_000_000
DAY_MS: Final = 86_400_000
RICH: Final = Means(draw_mw=1000.0)


class Clock:
    """A clock that a test sets; it goes on a millisecond at each look."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS
        self.believed = TimeQuality.SYNCED
        self._monotonic_s = 0.0

    def wall_ms(self) -> int:
        """Read the wall clock."""
        return self.now_ms

    def monotonic_s(self) -> float:
        """Read the other."""
        self._monotonic_s += 0.001
        return self._monotonic_s

    def spend(self, seconds: float) -> None:
        """Let time pass."""
        self._monotonic_s += seconds

    def quality(self) -> TimeQuality:
        """Believe it, or not."""
        return self.believed


class Publisher:
    """Someone who publishes the zoo's models as versions of `digits`."""

    def __init__(self, folder: Path) -> None:
        self.repository = Repository(folder / "models", NOW_MS)
        self.repository.init()

    @property
    def folder(self) -> Path:
        """What the gateway serves."""
        return self.repository.folder

    def publish(
        self, version: int, model: str = "digits_int8", change: Callable[[Terms], Terms] = lambda terms: terms
    ) -> ModelOffer:
        """Publish a version, and return what the gateway would offer."""
        source = self.folder.parent / f"source-{version}.tflite"
        shutil.copy(ZOO / f"{model}.tflite", source)
        card = (ZOO / f"{model}.toml").read_text().replace(f"{model}@1", f"digits@{version}")
        source.with_suffix(".toml").write_text(card)
        with np.load(ZOO / "digits_eval.npz") as pictures:
            windows = pictures["images"][:16, :, :, None].astype(np.float32)
        terms, golden = target.described(source, version, (), windows)
        return self.put(change(terms), source.read_bytes(), golden)

    def put(self, terms: Terms, model: bytes, golden: bytes) -> ModelOffer:
        """Publish any bytes as a model."""
        path = f"{terms.name}.tflite"
        if terms.golden:
            self.repository.add(terms.golden, golden)
        self.repository.add(path, model, terms.dump())
        self.sign()
        found = self.repository.targets()[path]
        digest = bytes.fromhex(found.hashes["sha256"])
        return ModelOffer(
            model=terms.model, version=str(terms.version), digest=digest, size_bytes=found.length, target=path
        )

    def sign(self) -> None:
        """Have both sign what is staged, and put it in force."""
        for number in (1, 2):
            self.repository.sign("targets", keys.read(self.repository.key(f"targets-{number}")))
        self.renew()

    def renew(self) -> None:
        """Sign the timestamp anew."""
        self.repository.publish(keys.read(self.repository.key("online")))


class Air:
    """A connection to a gateway that serves a folder; also the inbox at its end.

    Attributes:
        asks: what was asked, in order.
        cut_after: pieces after which the connection ends; None for never.
        forge: what becomes of each piece on its way.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.asks: list[Ask] = []
        self.cut_after: int | None = None
        self.forge: Callable[[File], File] = lambda piece: piece
        self.connected = True
        self._files = Files(Models(folder=folder, burst_kib=1e6))
        self._clock = clock
        self._down: deque[File] = deque()

    def publish_state(self, kind: str, payload: bytes, *, retain: bool = False) -> None:
        """Carry a question, and the answer back."""
        question = codec.decode(kind, payload)
        assert isinstance(question, Ask)
        self.asks.append(question)
        if self.cut_after is not None:
            self.cut_after -= 1
            self.connected = self.cut_after >= 0
        piece = self._files.answer("n1", question, NOW_MS) if self.connected else None
        if piece is not None:
            arrived = codec.decode("file", codec.encode(self.forge(piece)))
            assert isinstance(arrived, File)
            self._down.append(arrived)

    def attend(self, duration_s: float) -> float:
        """Wait in vain: what comes has come."""
        self._clock.spend(duration_s)
        return duration_s

    def files(self) -> list[File]:
        """Hand over what came."""
        pieces = list(self._down)
        self._down.clear()
        return pieces

    @property
    def asked(self) -> list[tuple[bytes, int]]:
        """Which pieces were asked for, metadata aside."""
        return [(each.digest, each.offset) for each in self.asks if each.digest]


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
        self.updater = Updater(self.params, self.folder, self.clock, "rpi-5", progress)

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


SAMPLE = Sample(time_ms=NOW_MS, time_quality=TimeQuality.SYNCED, values={})
FACTORY = Spec(
    "tflite",
    TABLE["tflite"],
    EngineParams(
        model=ZOO / "digits_standard_float.tflite",
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
