"""A session that publishes nothing and says what it would have published: `torpor-node run --dry-run`.

It behaves as a session whose gateway receipts at once, so that a node can be watched at work on a machine without a
broker. The outbox beside it belongs in a folder that is thrown away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from node.transmit.session import Delivery
from node.values import Receipt, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable

    from node.transmit.session import Source


class DrySession:
    """Tells each message instead of sending it."""

    connected = False
    traffic = Traffic()

    def __init__(self, topic: str, outbox: Source, tell: Callable[[str], None]) -> None:
        """Take the parts.

        Args:
            topic: what all topics of this node begin with, ending in a slash.
            outbox: where records wait.
            tell: takes one line.
        """
        self._topic = topic
        self._outbox = outbox
        self._tell = tell

    def connect(self, budget_s: float) -> None:
        """Connect to nobody."""

    def deliver(self, budget_s: float) -> Delivery:  # noqa: ARG002 - nothing here takes time
        """Tell what would be sent, and forget it as if it had been receipted."""
        sent = records = size = 0
        while frames := self._outbox.frames(limit_count=50, most_bytes=65_536):
            for frame in frames:
                settled = self._outbox.settle(Receipt(boot_id=frame.boot_id, ranges=frame.ranges))
                self._tell(f"{self._topic}{frame.kind}  {len(frame.payload)} B, {settled} record(s)")
                sent, records, size = sent + 1, records + settled, size + len(frame.payload)
        return Delivery(sent=sent, receipted=records, bytes_published=size, seconds=0.0, reason="")

    def publish_state(self, kind: str, payload: bytes, *, retain: bool = False) -> None:
        """Tell what would be said."""
        self._tell(f"{self._topic}{kind}  {len(payload)} B{', retained' if retain else ''}")

    def attend(self, duration_s: float) -> float:  # noqa: ARG002 - there is no connection to attend to
        """Return at once."""
        return 0.0

    def wake(self) -> None:
        """Wake nobody."""

    def close(self, presence: bytes | None, budget_s: float = 2.0) -> None:  # noqa: ARG002 - as above
        """Tell the goodbye."""
        if presence is not None:
            self.publish_state("presence", presence, retain=True)
