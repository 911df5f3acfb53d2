"""A site on which models are renewed: a gateway process, and nodes of which the updater and its link are real.

What a node senses is nobody's concern here; its session with the broker, its inbox and its updater are the product's.
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from boards.linux import LinuxClock
from gateway.__main__ import main as gateway_command
from gateway.clock import wall_ms
from node.errors import LinkError
from node.transmit.broker import Params as Mqtt
from node.transmit.broker import Who
from node.transmit.inbox import Inbox
from node.transmit.session import Session
from node.update.machine import OFF_LINK, Step
from node.update.params import Params
from node.update.shortcut import base_of
from node.update.updater import Means, Updater
from node.wire import codec
from node.wire.messages import Ask, File
from tools.models import keys, shortcuts
from tools.models.repository import Repository
from tools.showcase.children import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from node.transmit.poison import Blame
    from node.update.terms import Terms
    from node.values import Frame, Receipt

PATIENCE_S: Final = 60.0
_RICH: Final = Means(draw_mw=1.0)
_PAUSE: Final = threading.Event()


class Silent:
    """An outbox of a node that has nothing to say."""

    def frames(self, *, limit_count: int, most_bytes: int) -> list[Frame]:  # noqa: ARG002 - there are none
        """Return nothing to send."""
        return []

    def settle(self, receipt: Receipt) -> int:  # noqa: ARG002 - of nothing
        """Forget nothing."""
        return 0

    def refuse(self, frame: Frame, reason: str) -> None:
        """Never be asked to."""

    def strike(self, frames: Collection[Frame], blame: Blame) -> None:
        """Never be asked to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What an update took.

    Attributes:
        wire_bytes: over the node's socket, both directions: MQTT's packets, above TCP.
        metadata_bytes: messages with signed metadata, as they came.
        asked_twice_bytes: of pieces that were asked for more than once, all but the first time.
        seconds: from the first connection to a model that has passed its self-test.
    """

    wire_bytes: int
    metadata_bytes: int
    asked_twice_bytes: int
    seconds: float


class Release(NamedTuple):
    """A model as it is published."""

    path: str
    terms: Terms
    model: bytes
    proof: Mapping[str, bytes]


class Site:
    """A broker's tenant: a repository, and a gateway process that serves it.

    Args:
        folder: for everything.
        port: of the broker.
        name: of the site.
    """

    def __init__(self, folder: Path, port: int, name: str) -> None:
        folder.mkdir()
        self.name, self.port, self.folder = name, port, folder
        self.repository = Repository(folder / "models", wall_ms())
        self.repository.init()
        self._config = folder / "gateway.toml"
        self._config.write_text(
            f'[site]\nname = "{name}"\n[mqtt]\nport = {port}\n[models]\nkib_per_s = 1e6\nburst_kib = 1e6\n'
        )
        root = Path(__file__).resolve().parents[2]
        command = [sys.executable, "-m", "gateway", "run", "--config", str(self._config)]
        self._gateway = Child("gateway", ["env", f"PYTHONPATH={root}", *command], folder)

    def put(self, path: str, terms: Terms, model: bytes, proof: Mapping[str, bytes]) -> None:
        """Stage a model."""
        for name, content in proof.items():
            self.repository.add(name, content)
        self.repository.add(path, model, terms.dump())

    def sizes(self, path: str) -> dict[str, int]:
        """Return how long the deltas to a model are, by the digest of what they start from."""
        targets = self.repository.targets()
        bases = {base_of(each.custom, targets[path].hashes["sha256"]): each.length for each in targets.values()}
        return {base: length for base, length in bases.items() if base}

    def publish(self, *deltas_to: str) -> None:
        """Put in force what is staged, with the deltas to some models."""
        for path in deltas_to:
            shortcuts.stage(self.repository, path)
        for number in (1, 2):
            self.repository.sign("targets", keys.read(self.repository.key(f"targets-{number}")))
        self.repository.publish(keys.read(self.repository.key("online")))

    def offer(self, node: str, target: str) -> None:
        """Do what an operator does."""
        with contextlib.redirect_stdout(io.StringIO()):
            code = gateway_command(["offer", "--config", str(self._config), "--node", node, target])
        assert code == 0, f"{target} cannot be offered to {node}"

    def last_words(self) -> str:
        """Return what the gateway said last."""
        return self._gateway.last_words()

    def check(self) -> None:
        """See to it that the gateway lives.

        Raises:
            RuntimeError: it ended.
        """
        if self._gateway.code is not None:
            raise RuntimeError(f"the gateway ended: {self.last_words()}")

    def close(self) -> None:
        """End the gateway."""
        self._gateway.kill()


class Noted(Inbox):
    """An inbox that notes how long each answer is."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.came: Counter[int] = Counter()

    def receive(self, kind: str, payload: bytes) -> list[Receipt]:
        """Take one message in, and note it."""
        if kind == "file":
            message = codec.decode(kind, payload)
            assert isinstance(message, File)
            self.came[message.id] += len(payload)
        return super().receive(kind, payload)


class Mast:
    """A node, as far as it renews its model.

    Args:
        site: that it belongs to.
        name: its own in the site. At the broker it has the site's, too: a session there belongs to a client's id,
            and this one serves several sites.
        port: that it dials; None for the broker's own.

    Attributes:
        on_piece: done once, when a piece of its model is about to be asked for.
    """

    on_piece: Callable[[], None] | None = None

    def __init__(self, site: Site, name: str, port: int | None = None) -> None:
        folder = site.folder / name
        folder.mkdir()
        root = folder / "1.root.json"
        root.write_bytes(site.repository.root_bytes())
        self.site, self.name = site, f"{name}-{site.name}"[:32]
        self._inbox, self._asks = Noted(folder / "desired.cbor"), list[Ask]()
        mqtt = Mqtt(host="127.0.0.1", port=port or site.port, retry_first_s=0.01, retry_most_s=0.05)
        clock, who = LinuxClock(), Who(site=site.name, node=self.name, boot_id=bytes(6))
        self._session = Session(mqtt, who, clock, Silent(), self._inbox)
        params = Params(root=root, awake_s=PATIENCE_S, energy_j=1e9)
        self._updater = Updater(params, folder / "update", clock, "generic")

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        return self._session.connected

    def publish_state(self, kind: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish a question, and note it."""
        question = codec.decode(kind, payload)
        assert isinstance(question, Ask)
        self._asks.append(question)
        newest = self._inbox.newest
        if self.on_piece and newest and newest.model and question.digest == newest.model.digest:
            self.on_piece()
            self.on_piece = None
        self._session.publish_state(kind, payload, retain=retain)

    def attend(self, duration_s: float) -> float:
        """Wait until something comes."""
        return self._session.attend(duration_s)

    @property
    def step(self) -> Step:
        """Where its update stands."""
        return self._updater.step

    def transmit(self, target: str) -> None:
        """Connect, hear what is offered, and use the connection for it as far as it goes; then work without it."""
        self.meet(target)
        newest = self._inbox.newest
        assert newest is not None, "it was waited for"
        self._updater.errand(newest.model, self, self._inbox, _RICH)
        self._session.close(None)
        self._updater.work()

    def meet(self, target: str) -> None:
        """Connect, and wait until a model is offered.

        Raises:
            RuntimeError: nobody offered it.
        """
        start_s, why = time.monotonic(), "connected"
        while not (self.connected and self._is_offered(target)):
            self.site.check()
            if time.monotonic() - start_s > PATIENCE_S:
                raise RuntimeError(
                    f"{target} was not offered to {self.name} within {PATIENCE_S:g} s: {why}; {self.site.last_words()}"
                )
            try:
                self._session.connect(5.0)
            except LinkError as error:  # too soon after the last one, most likely
                why = str(error)
                _PAUSE.wait(0.01)
            else:
                if not self._is_offered(target):
                    self._session.attend(0.2)

    def _is_offered(self, target: str) -> bool:
        newest = self._inbox.newest
        return newest is not None and newest.model is not None and newest.model.target == target

    def renew(self, target: str) -> Spent:
        """Be offered a model, and have it up to its probation.

        Raises:
            RuntimeError: that failed.
        """
        self.site.offer(self.name, target)
        return self.finish(target)

    def finish(self, target: str) -> Spent:
        """Have an update up to its probation, however far it is.

        Raises:
            RuntimeError: that failed.
        """
        start_s, before = time.monotonic(), self._session.traffic
        while self.step is not Step.SHADOW:
            self.transmit(target)
            if self.step in {Step.FAILED, *OFF_LINK}:
                raise RuntimeError(f"{self.name}: {self._updater.told()}")
        seconds, after = time.monotonic() - start_s, self._session.traffic
        sent_bytes = after.sent_bytes - before.sent_bytes
        return Spent(
            wire_bytes=sent_bytes + after.received_bytes - before.received_bytes,
            metadata_bytes=sum(self._inbox.came[each.id] for each in self._asks if each.data),
            asked_twice_bytes=self.asked_twice_bytes,
            seconds=seconds,
        )

    @property
    def asked_twice_bytes(self) -> int:
        """Bytes of pieces that were asked for again."""
        pieces = Counter((each.digest, each.offset, each.length) for each in self._asks if each.digest)
        return sum((times - 1) * length for (_, _, length), times in pieces.items())

    def commit(self) -> None:
        """Let the model on probation answer, as windows on which it agrees would."""
        self._updater.compared(shown=1000, agreed=1000)
        self._asks.clear()


def quiet() -> None:
    """Tell nobody of what is interrupted on purpose."""
    for name in ("node", "tuf"):  # the reference client tells of every signature that a draft lacks
        logging.getLogger(name).setLevel(logging.ERROR)
