"""The one network, broker and gateway of all simulations, in virtual time; what joining takes, each of them says.

Satisfies `node.transmit.uplink.Courier`. The gateway is a few lines: it decodes, keeps each row's time, and gives its
receipt; a simulation that wants more of the mail hands in one of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from node.errors import LinkError
from node.transmit.ranges import ranges_of
from node.transmit.session import Delivery
from node.values import Traffic
from node.wire import codec
from node.wire.messages import Raw, Receipt, Receipts, Results

if TYPE_CHECKING:
    from node.transmit.inbox import Inbox
    from node.transmit.session import Source
    from node.values import Frame

ROUND_S: Final = 0.02
"""From a message to the gateway's receipt for it, after its commit, on a local network."""
SENT_BYTES_A_SESSION: Final = 900
RECEIVED_BYTES_A_SESSION: Final = 2600
"""TLS 1.3 with a certificate on each side, CONNECT and SUBSCRIBE with their answers."""
BYTES_A_MESSAGE: Final = 45
"""Topic, MQTT's header and properties, the record of TLS around it."""


@dataclass(slots=True)
class Gateway:
    """What arrived, over all of a node's starts.

    Attributes:
        times_ms: when each row was sampled.
    """

    times_ms: list[int] = field(default_factory=list)

    def take(self, kind: str, payload: bytes) -> Receipt | None:
        """Take a message in; what is a record is committed, and said to be."""
        message = codec.decode(kind, payload)
        if isinstance(message, Raw):
            return Receipt(boot_id=message.boot_id, ranges=[(message.seq, message.seq)])
        if not isinstance(message, Results):
            return None
        self.times_ms += message.times_ms
        return Receipt(boot_id=message.boot_id, ranges=ranges_of(message.seqs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Air:
    """What lies between a node and its gateway.

    Attributes:
        gateway: at the other end.
        spend: lets virtual time pass.
        join_s: what each connection waits for the network.
        import_s: what a start computes before its first connection.
    """

    gateway: Gateway
    spend: Callable[[float], None]
    join_s: float
    import_s: float = 0.0


class Courier:
    """Carries for one start of a node."""

    def __init__(self, outbox: Source, inbox: Inbox, air: Air) -> None:
        """Take both ends; nothing is joined yet.

        Args:
            outbox: where frames come from.
            inbox: where receipts go.
            air: what they go through.
        """
        self.connected = False
        self.traffic = Traffic()
        self._outbox = outbox
        self._inbox = inbox
        self._air = air
        self._import_s = air.import_s

    def connect(self, budget_s: float) -> None:
        """Import the link's parts, join the network, and connect."""
        self._air.spend(self._import_s)
        self._import_s = 0.0
        self._wait(min(self._air.join_s, budget_s))
        self.connected = True
        self._carry(SENT_BYTES_A_SESSION, received=RECEIVED_BYTES_A_SESSION, connections=1, packets=6)

    def deliver(self, budget_s: float) -> Delivery:  # noqa: ARG002 - this gateway never keeps a node waiting
        """Send what there is; the receipts come a round trip later."""
        sent = receipted = size_bytes = 0
        began_s = self.traffic.waited_s
        while frames := self._outbox.frames(limit_count=50, most_bytes=65_536):
            sent, size_bytes = sent + len(frames), size_bytes + sum(len(each.payload) for each in frames)
            receipted += self._sent(frames)
        seconds = self.traffic.waited_s - began_s
        return Delivery(sent=sent, receipted=receipted, bytes_published=size_bytes, seconds=seconds, reason="")

    def publish_state(self, kind: str, payload: bytes, *, retain: bool = False) -> None:  # noqa: ARG002 - a gateway keeps what it likes
        """Publish what is no record.

        Raises:
            LinkError: there is no connection.
        """
        if not self.connected:
            raise LinkError(f"not connected: {kind} is not sent")
        self._air.gateway.take(kind, payload)
        self._carry(len(payload) + BYTES_A_MESSAGE, received=BYTES_A_MESSAGE)

    def attend(self, duration_s: float) -> float:
        """Nap on the open connection."""
        self._air.spend(duration_s)
        return duration_s

    def wake(self) -> None:
        """End `attend`, which in virtual time is over as soon as it is entered."""

    def close(self, presence: bytes | None, budget_s: float = 2.0) -> None:  # noqa: ARG002 - nobody is kept waiting
        """Say where the node goes, and disconnect."""
        if self.connected and presence is not None:
            self.publish_state("presence", presence, retain=True)
        self.connected = False

    def _sent(self, frames: list[Frame]) -> int:
        """Carry some frames up and their receipts down; returns how many records the outbox let go."""
        self._carry(sum(len(each.payload) + BYTES_A_MESSAGE for each in frames), packets=len(frames))
        self._wait(ROUND_S)
        taken = [self._air.gateway.take(each.kind, each.payload) for each in frames]
        receipts = codec.encode(Receipts(receipts=[each for each in taken if each]))
        self._carry(0, received=len(receipts) + BYTES_A_MESSAGE)
        return sum(self._outbox.settle(each) for each in self._inbox.receive("receipt", receipts))

    def _wait(self, seconds: float) -> None:
        self._air.spend(seconds)
        self.traffic = replace(self.traffic, waited_s=self.traffic.waited_s + seconds)

    def _carry(self, sent: int, *, received: int = 0, connections: int = 0, packets: int = 1) -> None:
        """Count; each packet up has one that acknowledges it, and each packet down is acknowledged by one."""
        traffic = self.traffic
        self.traffic = replace(
            traffic,
            connections=traffic.connections + connections,
            packets=traffic.packets + packets,
            sent_bytes=traffic.sent_bytes + sent,
            received_bytes=traffic.received_bytes + received,
        )
