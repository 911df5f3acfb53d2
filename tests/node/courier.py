"""A broker and a gateway behind the `Courier` port: they decode, dedupe, receipt, and can be away."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from node.errors import LinkError
from node.transmit.session import Delivery
from node.values import Traffic
from node.wire import codec
from node.wire.messages import Desired, Presence, Raw, Receipt, Receipts, Results

if TYPE_CHECKING:
    from collections.abc import Callable

    from node.transmit.inbox import Inbox
    from node.transmit.session import Source
    from node.values import Frame
    from node.wire.messages import Message, Value


class Carrier:
    """Carries to a gateway of a few lines.

    Attributes:
        reachable: the broker answers.
        listening: the gateway is there; a broker without it takes frames, and no receipt comes.
        breaks: the connection breaks at the next delivery.
        rows: (boot, seq) to how often it was stored; the gateway stores what it does not know.
        times_ms: when each row was sampled.
        values: what it holds.
        windows: the raw windows that came, as often as they did.
        said: everything but records, decoded, in order.
        deliveries: how many there were.
        wish: what the gateway wants of the node.
        traffic: what went over the air: connections and payloads; a second and a half of waiting each time.
    """

    def __init__(self, outbox: Source, inbox: Inbox, spend: Callable[[float], None] = lambda _: None) -> None:
        self.reachable = self.listening = True
        self.breaks = False
        self.rows: Counter[tuple[bytes, int]] = Counter()
        self.times_ms: dict[tuple[bytes, int], int] = {}
        self.values: dict[tuple[bytes, int], dict[str, Value]] = {}
        self.windows: list[Raw] = []
        self.said: list[Message] = []
        self.deliveries = 0
        self.wish = Desired(version=7)
        self.connected = False
        self.traffic = Traffic()
        self._outbox = outbox
        self._inbox = inbox
        self._spend = spend

    def presences(self) -> list[Presence]:
        """Return what was said of where the node is."""
        return [message for message in self.said if isinstance(message, Presence)]

    def connect(self, budget_s: float) -> None:
        """Take a second and a half, as association and TLS do; or fail after the budget."""
        if not self.reachable:
            self._spend(budget_s)
            raise LinkError("broker.example:1883: no route to host")
        self._spend(1.5)
        self.connected = True
        self._carry(connections=1, waited_s=1.5)
        self._inbox.receive("desired", codec.encode(self.wish))

    def tell(self) -> None:
        """Bring the wish down on an open connection; a broker keeps it for the next one."""
        if self.connected:
            self._inbox.receive("desired", codec.encode(self.wish))

    def deliver(self, budget_s: float) -> Delivery:
        """Take the frames; receipt them if the gateway is there."""
        self.deliveries += 1
        if self.breaks:
            self.breaks = self.connected = False
            return Delivery(sent=0, receipted=0, bytes_published=0, seconds=0.0, reason="connection reset by peer")
        sent = receipted = size = 0
        while frames := self._outbox.frames(limit_count=50, most_bytes=65_536):
            sent, size = sent + len(frames), size + sum(len(frame.payload) for frame in frames)
            self._spend(0.1)
            self._carry(packets=len(frames), sent_bytes=sum(len(frame.payload) for frame in frames))
            if not self.listening:
                wait_s = min(5.0, budget_s)
                self._spend(wait_s)
                reason = f"no receipt within {wait_s:g} s"
                return Delivery(sent=sent, receipted=0, bytes_published=size, seconds=wait_s + 0.1, reason=reason)
            receipted += sum(self._take(frame) for frame in frames)
        return Delivery(sent=sent, receipted=receipted, bytes_published=size, seconds=0.1, reason="")

    def _carry(self, **more: float) -> None:
        self.traffic = replace(
            self.traffic, **{name: getattr(self.traffic, name) + count for name, count in more.items()}
        )

    def _take(self, frame: Frame) -> int:
        """Store what it holds, and send the receipt down as bytes."""
        message = codec.decode(frame.kind, frame.payload)
        if isinstance(message, Raw):
            self.windows.append(message)
        else:
            assert isinstance(message, Results)
            self._store(message)
        receipt = Receipts(receipts=[Receipt(boot_id=frame.boot_id, ranges=frame.ranges)])
        return sum(self._outbox.settle(each) for each in self._inbox.receive("receipt", codec.encode(receipt)))

    def _store(self, message: Results) -> None:
        for at, (seq, time_ms) in enumerate(zip(message.seqs, message.times_ms, strict=True)):
            self.rows[message.boot_id, seq] += 1
            self.times_ms[message.boot_id, seq] = time_ms
            self.values[message.boot_id, seq] = {column.name: column.values[at] for column in message.columns}

    def publish_state(self, kind: str, payload: bytes, *, retain: bool = False) -> None:
        """Hear what is said."""
        if not self.connected:
            raise LinkError("not connected")
        self.said.append(codec.decode(kind, payload))

    def attend(self, duration_s: float) -> float:
        """Nap on the open connection."""
        self._spend(duration_s)
        return duration_s

    def wake(self) -> None:
        """Sleep lightly: `attend` is over as soon as it is entered."""

    def close(self, presence: bytes | None, budget_s: float = 2.0) -> None:
        """Hear the goodbye."""
        if self.connected and presence is not None:
            self.publish_state("presence", presence, retain=True)
        self.connected = False
