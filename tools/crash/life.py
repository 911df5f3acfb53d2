"""A life: the whole node for some cycles in virtual time, with an update in it.

What happens is told line by line, before anything else can: `asked DIGEST OFFSET`, `answered MODEL` for each row of
this life, `late MODEL` for those that an earlier one left, `point WORDS`, and at an orderly end `stands STATE: REASON`.
The air is a queue; everything on the node's side of it is the product.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from boards import open_ports
from gateway.config import Models
from gateway.push.files import Files
from node.app import App
from node.config import load_strictly
from node.wire import codec
from node.wire.messages import Ask, Results
from tools.crash import points
from tools.simulate.courier import Air, Courier, Gateway

if TYPE_CHECKING:
    from pathlib import Path

    from node.hal import Ports
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox
    from node.wire.messages import Receipt
    from tools.crash.premises import Premises

Tell = Callable[[str], None]
SITE_MS: Final = 1_800_000_000_000
UNBOUNDED_KIB: Final = 1e6


class Told(Gateway):
    """A gateway that tells which model each row is from.

    Attributes:
        boot_id: of this life.
    """

    def __init__(self, tell: Tell) -> None:
        super().__init__()
        self.boot_id = b""
        self._tell = tell

    def take(self, kind: str, payload: bytes) -> Receipt | None:
        """Commit, and tell."""
        if kind == "results":
            message = codec.decode(kind, payload)
            assert isinstance(message, Results)
            for _ in message.seqs:
                self._tell(f"{'answered' if message.boot_id == self.boot_id else 'late'} {message.model}")
        return super().take(kind, payload)


class Post(Courier):
    """A courier that brings the gateway's wish, and the pieces that the node asks for."""

    def __init__(self, outbox: Outbox, inbox: Inbox, premises: Premises, air: Air, tell: Tell) -> None:
        super().__init__(outbox, inbox, air)
        self._down, self._premises, self._tell = inbox, premises, tell
        self._files = Files(Models(folder=premises.served, burst_kib=UNBOUNDED_KIB))

    def connect(self, budget_s: float) -> None:
        """Connect, and find what is retained."""
        super().connect(budget_s)
        self._down.receive("desired", self._premises.desired.read_bytes())

    def publish_state(self, kind: str, payload: bytes, *, retain: bool = False) -> None:
        """Carry a question, and its answer back."""
        super().publish_state(kind, payload, retain=retain)
        question = codec.decode(kind, payload)
        if not isinstance(question, Ask):
            return
        if question.digest:
            self._tell(f"asked {question.digest.hex()} {question.offset}")
        piece = self._files.answer("n1", question, SITE_MS)
        if piece is not None:
            self._down.receive("file", codec.encode(piece))


def live(premises: Premises, state: Path, cycles: int, tell: Tell) -> None:
    """Live for some cycles, and tell.

    Args:
        premises: on a disk that stays.
        state: the node's folder.
        cycles: how many.
        tell: must not return before what it was told is safe.
    """
    points.watch(state / "update", lambda words: tell(f"point {words}"))
    ports = open_ports("sim", clock="virtual")
    gateway = Told(tell)
    air = Air(gateway=gateway, spend=partial(_spend, ports), join_s=0.0)
    app = App(
        load_strictly(premises.configured(state)),
        ports=ports,
        carry=lambda outbox, inbox: Post(outbox, inbox, premises, air, tell),
    )
    gateway.boot_id = app.boot_id
    app.run(cycles=cycles)
    _, told = app.updates.told() if app.updates else ("", {})
    tell(f"stands {told.get('state', 'idle')}: {told.get('reason', '')}")


def _spend(ports: Ports, seconds: float) -> None:
    ports.sleeper.sleep(seconds)
