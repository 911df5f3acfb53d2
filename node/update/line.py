"""The line: asks and pieces, over the connection that the uplink has open, within what this transmission may spend."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final, Protocol

from node.errors import LinkError
from node.transmit.assembly import MOST_PIECE_BYTES
from node.wire import bounded, codec
from node.wire.messages import Ask, AskKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.hal import Clock
    from node.wire.messages import File

PATIENCE_S: Final = 10.0
"""Without any piece for so long, the gateway is away, or over what it may send; the next transmission goes on."""
MOST_NAMED_BYTES: Final = 512_000
"""Of a file of metadata, inflated: what the reference client allows a root."""


class Courier(Protocol):
    """Who carries."""

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        ...

    def publish_state(self, kind: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish a question."""
        ...

    def attend(self, duration_s: float) -> float:
        """Wait until something comes."""
        ...


class Inbox(Protocol):
    """Where pieces come in."""

    def files(self) -> Sequence[File]:
        """Hand over those that came."""
        ...


class Line:
    """One transmission's conversation about files."""

    _ids = itertools.count(1)

    def __init__(self, courier: Courier, inbox: Inbox, clock: Clock, deadline_s: float) -> None:
        """Take the parts.

        Args:
            courier: connected.
            inbox: where pieces come in.
            clock: for the deadline.
            deadline_s: until when, monotonic.
        """
        self._courier = courier
        self._inbox = inbox
        self._clock = clock
        self._deadline_s = deadline_s
        self._waiting: list[File] = []

    def ask(self, digest: bytes, offset: int, length: int) -> None:
        """Ask for a piece of a file by its digest.

        Raises:
            LinkError: there is no connection any more.
        """
        self._say(Ask(what=AskKind.CHUNK, id=next(self._ids), digest=digest, offset=offset, length=length))

    def piece(self) -> File:
        """Wait for any piece.

        Raises:
            LinkError: none came, or this transmission has spent what it may.
        """
        patient_until_s = self._clock.monotonic_s() + PATIENCE_S
        while not self._waiting:
            left_s = min(self._deadline_s, patient_until_s) - self._clock.monotonic_s()
            if left_s <= 0.0:
                over = self._clock.monotonic_s() >= self._deadline_s
                raise LinkError("the rest at the next transmission" if over else "the gateway sends no pieces")
            self._waiting += self._inbox.files()
            if not self._waiting:
                if not self._courier.connected:
                    raise LinkError("the connection ended before all pieces were here")
                self._courier.attend(left_s)
        return self._waiting.pop(0)

    def named(self, name: str, like: str = "", base: bytes = b"") -> bytes | None:
        """Return a file of metadata by its name, inflated; None where the gateway has none of that name.

        Args:
            name: such as `4.targets.json`.
            like: the name of another, which is here; the gateway may send what differs from it.
            base: its contents.

        Raises:
            LinkError: it did not come.
            WireError: it is none, or too large, or `like` is another file at the gateway.
        """
        packed, wish = b"", f"{name} {like}".strip().encode()
        while True:
            number = next(self._ids)
            self._say(Ask(what=AskKind.CHUNK, id=number, data=wish, offset=len(packed), length=MOST_PIECE_BYTES))
            piece = self.piece()
            while piece.id != number:  # an answer to what an earlier connection asked
                piece = self.piece()
            if not piece.data:
                return None
            packed += piece.data
            if len(packed) >= min(piece.size_bytes, MOST_NAMED_BYTES):
                return bounded.expand(bounded.Coding.DEFLATE, packed, MOST_NAMED_BYTES, base if like else b"")

    def _say(self, question: Ask) -> None:
        self._courier.publish_state("ask", codec.encode(question))
