"""A node's days, lived by its real code on the virtual clock, and every message that it sent, as bytes, with its time.

The broker always answers, and the gateway receipts at once; what a real one does with the messages is found out later,
by handing them to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from boards import open_ports
from node.app import App
from node.config import load_strictly
from tools.simulate.courier import Air, Courier, Gateway

if TYPE_CHECKING:
    from pathlib import Path

    from boards.sim.clock import VirtualClock
    from node.wire.messages import Receipt

JOIN_S: Final = 5.0
"""Association, address, TLS and MQTT: what `torpor-node check` assumes too."""

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
    """One message as the broker delivers it; a `gateway.ingest.intake.Delivery`.

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


class Postbag(Gateway):
    """A gateway that keeps every message that it is given."""

    def __init__(self, topic: str, clock: VirtualClock) -> None:
        """Be empty.

        Args:
            topic: what all topics of this node begin with, ending in a slash.
            clock: when.
        """
        super().__init__()
        self.envelopes: list[Envelope] = []
        self._topic = topic
        self._clock = clock

    def take(self, kind: str, payload: bytes) -> Receipt | None:
        """Keep it, and answer."""
        self.envelopes.append(Envelope(at_s=self._clock.monotonic_s(), topic=self._topic + kind, payload=payload))
        return super().take(kind, payload)


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
    bag = Postbag(f"torpor/1/fleet/{habit.name}/", clock)
    air = Air(gateway=bag, spend=clock.advance, join_s=JOIN_S)
    app = App(load_strictly(path), ports=ports, carry=lambda outbox, inbox: Courier(outbox, inbox, air))
    clock.at(seconds, app.stop)
    app.run()
    return [each for each in bag.envelopes if each.at_s <= seconds]
