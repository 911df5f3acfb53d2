"""A node's days, lived by its real code on the virtual clock, and every message that it sent, as bytes, with its time.

Its courier has a broker that always answers and a gateway that receipts at once; joining takes as long as the board's
radio does. What the gateway does with the messages is found out later, by handing them to a real one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

from boards import open_ports
from node.app import App
from node.config import load_strictly
from node.transmit.session import Delivery
from node.values import Receipt, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from boards.sim.clock import VirtualClock
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox

JOIN_S: Final = 5.0
"""Association, address, TLS and MQTT: what `torpor-node check` assumes too."""
EXCHANGE_S: Final = 0.1

NODE: Final = """
[node]
site = "fleet"
name = "{name}"
board = "sim"
[sense.air]
part = "signal"
channel = "temperature"
unit = "Cel"
offset = {offset}
amplitude = 6.0
period_s = 86400.0
noise = 0.1
seed = {seed}
[sense.damp]
part = "signal"
channel = "humidity"
unit = "%"
offset = 60.0
amplitude = 15.0
period_s = 86400.0
noise = 0.4
seed = {seed}
[gate]
{gate}
[record]
stream = "climate"
[transmit]
interval_s = {interval_s}
health_s = 3600.0
[sleep]
period_s = {period_s}
"""
GATES: Final = (
    'part = "always"',
    'part = "send_on_delta"\nchannels = ["temperature"]\ndelta = 0.5\nmax_silence_s = 3600.0',
    'part = "novelty"\nchannels = ["temperature", "humidity"]',
)
"""Three policies that a fleet may mix: every reading, what moved, what is new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One message as the broker delivers it; a `gateway.ingest.Delivery`.

    Attributes:
        at_s: when, since the node's start.
        topic: where.
        payload: what.
        retain: always false: it is news.
    """

    at_s: float
    topic: str
    payload: bytes
    retain: bool = False

    @property
    def kind(self) -> str:
        """What it is."""
        return self.topic.rpartition("/")[2]


class Postbag:
    """A `node.transmit.uplink.Courier` that keeps what it is given."""

    def __init__(self, topic: str, clock: VirtualClock, outbox: Outbox) -> None:
        """Be empty.

        Args:
            topic: what all topics of this node begin with, ending in a slash.
            clock: what joining and sending take time of.
            outbox: where records wait.
        """
        self.connected = False
        self.traffic = Traffic()
        self.envelopes: list[Envelope] = []
        self._topic = topic
        self._clock = clock
        self._outbox = outbox

    def connect(self, budget_s: float) -> None:
        """Join the network."""
        self._clock.advance(min(JOIN_S, budget_s))
        self.connected = True
        self.traffic = replace(
            self.traffic, connections=self.traffic.connections + 1, waited_s=self.traffic.waited_s + JOIN_S
        )

    def deliver(self, budget_s: float) -> Delivery:  # noqa: ARG002 - it never takes as long
        """Keep the frames, and have them receipted."""
        sent = records = size = 0
        self._clock.advance(EXCHANGE_S)
        while frames := self._outbox.frames(limit_count=50, most_bytes=65_536):
            for frame in frames:
                self.publish_state(frame.kind, frame.payload)
                records += self._outbox.settle(Receipt(boot_id=frame.boot_id, ranges=frame.ranges))
                sent, size = sent + 1, size + len(frame.payload)
        return Delivery(sent=sent, receipted=records, bytes_published=size, seconds=EXCHANGE_S, reason="")

    def publish_state(self, kind: str, payload: bytes, *, retain: bool = False) -> None:  # noqa: ARG002 - news to all
        """Keep a message."""
        self.envelopes.append(Envelope(at_s=self._clock.monotonic_s(), topic=self._topic + kind, payload=payload))

    def attend(self, duration_s: float) -> float:
        """Nap."""
        self._clock.advance(duration_s)
        return duration_s

    def wake(self) -> None:
        """Sleep lightly: `attend` is over as soon as it is entered."""

    def close(self, presence: bytes | None, budget_s: float = 2.0) -> None:  # noqa: ARG002 - nobody is waited for
        """Keep the goodbye."""
        if self.connected and presence is not None:
            self.publish_state("presence", presence)
        self.connected = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What makes one node of a fleet.

    Attributes:
        name: its place among the others follows from it.
        period_s: from sample to sample.
        interval_s: from transmission to transmission.
        gate: one of `GATES`.
        seed: of its weather.
    """

    name: str
    period_s: float
    interval_s: float
    gate: str
    seed: int


def fill(folder: Path, habit: Habit, seconds: float) -> list[Envelope]:
    """Let a node live, and return what it sent until then, in order.

    Args:
        folder: for its state; emptied by whoever made it.
        habit: which node.
        seconds: how long.
    """
    path = folder / "node.toml"
    text = NODE.format(
        name=habit.name,
        offset=10.0 + habit.seed % 15,
        seed=habit.seed,
        gate=habit.gate,
        interval_s=habit.interval_s,
        period_s=habit.period_s,
    )
    path.write_text(text, encoding="utf-8")
    ports = open_ports("sim", clock="virtual")
    clock = cast("VirtualClock", ports.clock)
    bags: list[Postbag] = []

    def carry(outbox: Outbox, _inbox: Inbox) -> Postbag:
        bags.append(Postbag(f"torpor/1/fleet/{habit.name}/", clock, outbox))
        return bags[-1]

    app = App(load_strictly(path), ports=ports, carry=cast("Callable[[Outbox, Inbox], Postbag]", carry))
    clock.at(seconds, app.stop)
    app.run()
    return [each for bag in bags for each in bag.envelopes if each.at_s <= seconds]
