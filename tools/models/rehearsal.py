"""A rehearsal of updates: a publisher, a gateway's files and the air between them and a node, in one folder.

What is published, served, signed and asked is real; the air is a queue, and time goes on by being looked at.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from gateway.config import Models
from gateway.push.files import Files
from node.update.cache import digest_of
from node.values import TimeQuality
from node.wire import codec
from node.wire.messages import Ask, File, ModelOffer
from tools.models import keys, shortcuts, target
from tools.models.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable

    from node.update.terms import Terms

ZOO: Final = Path(__file__).resolve().parents[1] / "zoo"
NOW_MS: Final = 1_800_000_000_000


class Clock:
    """A clock that is set by hand; it goes on a millisecond at each look."""

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
        self,
        version: int,
        model: str = "digits_int8",
        change: Callable[[Terms], Terms] = lambda terms: terms,
        trained: Callable[[bytes], bytes] | None = None,
        *,
        deltas: bool = True,
    ) -> ModelOffer:
        """Publish a version, and return what the gateway would offer; one that was `trained` on comes with `deltas`."""
        source = self.folder.parent / f"source-{version}.tflite"
        content = (ZOO / f"{model}.tflite").read_bytes()
        source.write_bytes(trained(content) if trained else content)
        card = (ZOO / f"{model}.toml").read_text().replace(f"{model}@1", f"digits@{version}")
        source.with_suffix(".toml").write_text(card.replace(digest_of(ZOO / f"{model}.tflite"), digest_of(source)))
        with np.load(ZOO / "digits_eval.npz") as pictures:
            windows = pictures["images"][:16, :, :, None].astype(np.float32)
        terms, proof = target.described(source, version, (), windows)
        for name, each in proof.items():
            self.repository.add(name, each)
        return self.put(change(terms), source.read_bytes(), deltas=deltas and trained is not None)

    def put(self, terms: Terms, model: bytes, golden: bytes = b"", *, deltas: bool = False) -> ModelOffer:
        """Publish any bytes as a model."""
        path = f"{terms.name}.tflite"
        if golden and terms.golden:
            self.repository.add(terms.golden, golden)
        self.repository.add(path, model, terms.dump())
        if deltas:
            shortcuts.stage(self.repository, path)
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

    def publish_state(self, kind: str, payload: bytes, *, retain: bool = False) -> None:  # noqa: ARG002 - a question is not kept
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
