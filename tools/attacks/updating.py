"""A node for attacks on its models: the real updater over a real folder, a forged repository, and air that may lie.

What counts as run is what reaches the self-test: there a model's code begins, and a model that should not be there
has come through. The node has committed version 2 of its model when an attack begins.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zlib
from collections import deque
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from node.transmit.assembly import MOST_PIECE_BYTES
from node.update.params import Params
from node.update.terms import Terms
from node.update.updater import Means, Updater
from node.wire import codec
from node.wire.messages import Ask, File, ModelOffer
from tools.attacks.forge import Forge
from tools.models.rehearsal import NOW_MS, Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from node.values import TimeQuality

DAY_MS: Final = 86_400_000
BOARD: Final = "rpi-5"
MOST_ASKS: Final = 1_000
"""What no transmission of the victim's budget has time for."""
BELOW_ROOT: Final = ("targets", "snapshot", "timestamp")
_RICH: Final = Means(draw_mw=1000.0)


class Air:
    """A connection to a gateway that serves what was forged, and its other end.

    Attributes:
        lie: makes of an ask and its answer what arrives; nothing, or several pieces.
        asks: how many were asked.
        connected: until too much was asked.
    """

    def __init__(self, forge: Forge, clock: Clock) -> None:
        self.lie: Callable[[Ask, File], list[File]] = lambda _, piece: [piece]
        self.asks = 0
        self.connected = True
        self._forge = forge
        self._clock = clock
        self._down: deque[File] = deque()

    def publish_state(self, kind: str, payload: bytes, *, retain: bool = False) -> None:  # noqa: ARG002 - a question is not kept
        """Carry a question, and what becomes of its answer."""
        ask = codec.decode(kind, payload)
        assert isinstance(ask, Ask)
        self.asks += 1
        self.connected = self.asks < MOST_ASKS
        for piece in self.lie(ask, self._answer(ask)) if self.connected else ():
            arrived = codec.decode("file", codec.encode(piece))
            assert isinstance(arrived, File)
            self._down.append(arrived)

    def _answer(self, ask: Ask) -> File:
        if ask.data:
            data = self._forge.named(ask.data.decode().partition(" ")[0])
            return piece_of(ask, zlib.compress(data) if data is not None else b"")
        return piece_of(ask, self._forge.files.get(ask.digest.hex(), b""))

    def attend(self, duration_s: float) -> float:
        """Wait in vain: what comes has come."""
        self._clock.spend(duration_s)
        return duration_s

    def files(self) -> list[File]:
        """Hand over what came."""
        pieces = list(self._down)
        self._down.clear()
        return pieces


def piece_of(ask: Ask, data: bytes) -> File:
    """Return the piece of a file that was asked for."""
    part = data[ask.offset : ask.offset + min(ask.length or MOST_PIECE_BYTES, MOST_PIECE_BYTES)]
    digest = ask.digest or sha256(data).digest()
    return File(id=ask.id, digest=digest, offset=ask.offset, size_bytes=len(data), data=part)


class Node(Updater):
    """An updater that notes what would run.

    Attributes:
        ran: the models that began their self-test.
        wrong: those of them whose bytes were not the signed ones.
    """

    def __init__(self, params: Params, folder: Path, clock: Clock) -> None:
        """Read where it stands."""
        super().__init__(params, folder, clock, BOARD)
        self.ran: list[str] = []
        self.wrong: list[str] = []

    def _selftest(self) -> None:
        found = self._found
        self.ran.append(found.terms.name)
        if sha256(self._stock.path(found.model).read_bytes()).digest() != found.model.digest:
            self.wrong.append(found.terms.name)


class Victim:
    """A node under attack, its clock, its publisher's repository, and the air between.

    Attributes:
        forge: the repository; whoever attacks may use those of its keys that were stolen.
        clock: the node's.
        air: of the next transmission.
        node: it.
        folder: of its files, and of nothing else.
    """

    def __init__(self, folder: Path, kind: type[Node]) -> None:
        """Have it commit its first model."""
        self._kind = kind
        self.folder = folder / "node"
        self.clock = Clock()
        self.forge = Forge(NOW_MS, {"root": (3, 2), "targets": (2, 2)})
        self.forge.delegate("targets", "policy", ["policy/*"], terminating=True)
        self.forge.publish("policy")
        root = folder / "1.root.json"
        root.write_bytes(self.forge.served["1.root.json"])
        self._params = Params(root=root, awake_s=1.0, most_mb=0.5, shadow_windows=1)
        self.start()
        offer = self.release(2)
        assert not self.hear(offer), self.node.told()
        self.node.compared(shown=1, agreed=1)
        assert self.node.told()["state"] == "successful", self.node.told()
        self.hear(None)
        self.node.ran.clear()

    def start(self, earliest_ms: int = 0) -> None:
        """Start anew, from what is on disk."""
        self.node = self._kind(self._params, self.folder, self.clock)
        self.node.earliest_ms = earliest_ms

    def forget(self) -> None:
        """Be another node, fresh from its factory."""
        shutil.rmtree(self.folder)
        self.start()

    def set_clock(self, days: float, believed: TimeQuality) -> None:
        """Have the clock say another day, counted from the present."""
        self.clock.now_ms = max(NOW_MS + round(days * DAY_MS), 0)
        self.clock.believed = believed

    # What a publisher does.

    def put(self, version: int, content: bytes = b"", **other: object) -> ModelOffer:
        """Name a model, and its golden windows; `other` are fields of Terms. Nobody has signed it yet."""
        content = content or content_of(version)
        fields = {"model": "digits", "card": "", "golden": f"digits@{version}.npz", **other}
        terms = Terms(version=version, **fields)  # type: ignore[arg-type]
        if terms.golden == f"digits@{version}.npz":
            self.forge.put(terms.golden, f"golden {version}".encode())
        path = f"digits@{version}.tflite"
        self.forge.put(path, content, terms.dump())
        return offered(path)

    def release(self, version: int, content: bytes = b"", **other: object) -> ModelOffer:
        """Name a model, and have everybody sign who should."""
        offer = self.put(version, content, **other)
        self.forge.publish(*BELOW_ROOT)
        return offer

    # What a gateway does.

    def hear(self, offer: ModelOffer | None) -> str:
        """Have a transmission, and what comes after it; returns why nothing ran, empty where something did."""
        self.transmit(offer)
        return self.finish()

    def transmit(self, offer: ModelOffer | None, lie: Callable[[Ask, File], list[File]] | None = None) -> None:
        """Have a transmission."""
        self.air = Air(self.forge, self.clock)
        if lie:
            self.air.lie = lie
        self.node.errand(offer, self.air, self.air, _RICH)

    def finish(self) -> str:
        """Have what comes after a transmission; returns why nothing ran, empty where something did."""
        self.node.work()
        return "" if self.node.ran else self.node.told().get("reason", "nothing is offered")

    def learn(self) -> str:
        """Offer what is not there, so that the node has seen what is newest; returns what it says of it."""
        reason = self.hear(offered("nothing"))
        self.hear(None)
        return reason


def content_of(version: int) -> bytes:
    """Return a model, which is none: nothing here gets as far as to load it."""
    return f"model {version}\n".encode() * 500


def offered(path: str) -> ModelOffer:
    """Return an offer; what it says of the file is a hint and no more."""
    return ModelOffer(model="digits", version="1", digest=sha256(path.encode()).digest(), size_bytes=1, target=path)


@contextmanager
def victim(kind: type[Node]) -> Iterator[Victim]:
    """Lend a fresh node."""
    memory = "/dev/shm"  # noqa: S108 - a folder of one's own within it; a thousand victims wear nobody's disk
    place = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="torpor-attack-", dir=place) as folder:
        yield Victim(Path(folder), kind)
