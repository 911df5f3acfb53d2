"""The inbox: what the gateway said, stored before it is acted on.

Four kinds come down. `desired` is kept on disk, newest version only, and handed to the cycle between wake and sense;
versions never go backwards, also not across a restart. `receipt`, and the watermarks that ride in `desired`, are
handed on to whoever forgets records. `file` is a piece of something that this node asked for; a few wait in memory,
for it can ask again. `answer` holds what a larger model made of windows that the node was unsure of; a message without
a payload is one that the gateway no longer retains.

What is malformed is counted and dropped: a peer's mistake must not stop a node.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from typing import TYPE_CHECKING, Final

from node import durable
from node.errors import WireError
from node.values import Receipt
from node.wire.messages import Answers, Desired, File, Receipts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from node.wire.messages import Answer
    from node.wire.messages import Receipt as WireReceipt

log = logging.getLogger(__name__)

KINDS: Final = ("desired", "receipt", "file", "answer")
FILES: Final = 16
"""Pieces that may wait; the oldest gives way."""
ANSWERS: Final = 64
"""Answers that may wait, alike."""
_LONGEST: Final = 120


class Inbox:
    """Takes messages in; holds the newest wish until it was applied.

    Attributes:
        counters: since this start: words (all that was sound), desired, receipts, files, answers, malformed, stale,
            unstored.
        refused: the newest message that was malformed, and why; empty before the first.
    """

    def __init__(self, path: Path) -> None:
        """Read what the last start left.

        Args:
            path: where the desired state is kept, such as `state/desired.cbor`.
        """
        self.counters: Counter[str] = Counter()
        self.refused = ""
        self._path = path
        self._files: deque[File] = deque(maxlen=FILES)
        self._answers: deque[Answer] = deque(maxlen=ANSWERS)
        self._desired = self._stored()
        self._applied = -1

    def receive(self, kind: str, payload: bytes) -> list[Receipt]:
        """Take one message in.

        Args:
            kind: the last level of its topic.
            payload: as it came; it is checked here.

        Returns:
            The receipts in it, for the outbox.
        """
        from node.wire import codec

        if kind == "answer" and not payload:
            return []
        try:
            message = codec.decode(kind, payload)
        except WireError as error:
            self.counters["malformed"] += 1
            self.refused = f"{kind} of {len(payload)} bytes: {error}"[:_LONGEST]
            log.debug("inbox: refused %s", self.refused)
            return []
        self.counters["words"] += isinstance(message, Receipts | Desired | File | Answers)
        if isinstance(message, Receipts):
            return self._receipts(message.receipts)
        if isinstance(message, Desired):
            self._wish(message, payload)
            return self._receipts(message.watermarks)
        if isinstance(message, File):
            self.counters["files"] += 1
            self._files.append(message)
        elif isinstance(message, Answers):
            self.counters["answers"] += len(message.answers)
            self._answers.extend(message.answers)
        else:
            self.counters["malformed"] += 1
        return []

    @property
    def newest(self) -> Desired | None:
        """The newest wish, whether it was applied or not."""
        return self._desired

    def pending(self) -> Desired | None:
        """Return the newest wish that was not applied since this start; a restart applies it again."""
        if self._desired is None or self._desired.version <= self._applied:
            return None
        return self._desired

    def applied(self, version: int) -> None:
        """Note that a wish was applied, or refused with a reason: `pending` is quiet until a newer one comes."""
        self._applied = max(self._applied, version)

    def files(self) -> list[File]:
        """Hand over the pieces of files that came, oldest first."""
        pieces = list(self._files)
        self._files.clear()
        return pieces

    def answers(self) -> list[Answer]:
        """Hand over the answers that came, oldest first."""
        answers = list(self._answers)
        self._answers.clear()
        return answers

    def _receipts(self, receipts: Sequence[WireReceipt]) -> list[Receipt]:
        self.counters["receipts"] += len(receipts)
        return [
            Receipt(boot_id=each.boot_id, ranges=tuple((first, last) for first, last in each.ranges))
            for each in receipts
        ]

    def _wish(self, desired: Desired, payload: bytes) -> None:
        """Store a newer wish; only what is stored is ever handed out."""
        if self._desired is not None and desired.version <= self._desired.version:
            self.counters["stale"] += desired.version < self._desired.version
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            durable.write(self._path, payload)
        except OSError as error:
            self.counters["unstored"] += 1
            log.warning("inbox: %s cannot be written: %s; free the disk or replace it", self._path, error)
            return
        self.counters["desired"] += 1
        self._desired = desired

    def _stored(self) -> Desired | None:
        """Read the wish back; one that cannot be read is as good as none, for the broker still holds it."""
        if not self._path.exists():
            return None
        from node.wire import codec

        try:
            message = codec.decode("desired", self._path.read_bytes())
        except (OSError, WireError) as error:
            self.counters["malformed"] += 1
            log.warning("inbox: %s cannot be read: %s; waiting for the broker's copy", self._path, error)
            return None
        return message if isinstance(message, Desired) else None
