"""A small world for tests of the loop: parts that behave, with what happened to them in plain sight."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from node.config import Recording
from node.errors import HardwareError, ModelError
from node.escalate.escalation import Escalation
from node.escalate.windows import Rationed
from node.gate.always import Always
from node.gate.always import Params as AlwaysParams
from node.hal import PowerState
from node.sense import EndOfData
from node.sleep.ledger import Ledger
from node.transmit import raw
from node.values import Channel, Features, Inference, Outcome, Reading, Record, Sample, TimeQuality, Verdict, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from node.gate import Gate, State
    from node.infer.cascade import Params

STATES = {
    "active": PowerState(name="active", power_mw=1000.0, quality="estimate", source="a test's world"),
    "light": PowerState(name="light", power_mw=100.0, quality="estimate", source="a test's world"),
}


class Thermometer:
    """Gives the values it was filled with; a None among them is a chip that does not answer."""

    channels: tuple[Channel, ...] = (Channel(name="temperature", unit="Cel"),)

    def __init__(self, *values: float | None) -> None:
        self.values = list(values)
        self.closed = 0

    def read(self) -> Reading:
        """Give the next value."""
        if not self.values:
            raise EndOfData("no more values")
        value = self.values.pop(0)
        if value is None:
            raise HardwareError("i2c1 0x76: no answer; check the wiring")
        return Reading(values={"temperature": value})

    def close(self) -> None:
        """Count."""
        self.closed += 1


class Above:
    """Opens above a level, and is a broken part where the value says so."""

    channels = ("temperature",)

    def __init__(self, level: float) -> None:
        self.level = level

    def judge(self, sample: Sample) -> Verdict:
        """Compare."""
        value = sample.values["temperature"]
        if value == 666.0:
            raise RuntimeError("a bug in a gate")
        if math.isnan(value):
            return Verdict(Outcome.MISSING, "no reading", "temperature")
        return Verdict(Outcome.OPEN if value > self.level else Outcome.SHUT, f"{value} against {self.level}")

    def memory(self) -> State:
        """Remember nothing."""
        return {}

    def recall(self, state: Mapping[str, float]) -> None:
        """Recall nothing."""


class Doubling:
    """Answers twice the temperature, or cannot."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken

    def infer(self, sample: Sample, features: Features | None) -> Sequence[Inference]:
        """Answer."""
        if self.broken:
            raise ModelError("m.tflite: not a TFLite file")
        return [Inference(values={"double": 2.0 * sample.values["temperature"]}, model="doubling@1")]

    def close(self) -> None:
        """Free nothing."""


class Echo:
    """Answers the readings."""

    def infer(self, sample: Sample, features: Features | None) -> Sequence[Inference]:
        """Answer."""
        return [Inference(values=dict(sample.values))]

    def close(self) -> None:
        """Free nothing."""


@dataclass
class Shelf:
    """An outbox that keeps records in a list."""

    records: list[Record] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)

    def append(self, record: Record, now_s: float) -> int:
        """Keep."""
        self.records.append(record)
        return len(self.records) - 1

    def append_raw(self, window: Window, now_s: float) -> int:
        """Keep a window of no more than a hundred items."""
        if window.block.data.size > 100:
            raise ValueError(f"window {window.stream!r} not kept: too large")
        self.windows.append(window)
        return len(self.windows) - 1


@dataclass
class Pigeon:
    """An uplink that flies when it is told to."""

    ready: bool = False
    flights: int = 0

    def obey(self) -> None:
        """Bring nothing back."""

    def due(self) -> bool:
        """Say whether it is ready."""
        return self.ready

    def hurry(self) -> None:
        """Be ready."""
        self.ready = True

    def transmit(self) -> None:
        """Fly."""
        self.flights += 1

    def answer(self) -> None:
        """Have nothing to say."""


class Ticking:
    """A clock that moves a millisecond at each look."""

    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def wall_ms(self) -> int:
        """Read the wall clock."""
        return round(self.now_s * 1000.0)

    def monotonic_s(self) -> float:
        """Read the monotonic clock."""
        self.now_s += 0.001
        return self.now_s

    def quality(self) -> TimeQuality:
        """Believe it."""
        return TimeQuality.SYNCED


def asking(params: Params | None, memory: Mapping[str, float] | None = None) -> Escalation:
    """Make an escalation with a clock, books and counters of its own."""
    return Escalation(params, Ticking(), Ledger(STATES), Counter(), memory or {}, raw.size_bytes)


@dataclass
class Home:
    """A `House` of the parts above."""

    sensors: Mapping[str, Thermometer]
    gate: Gate = field(default_factory=lambda: Always(AlwaysParams()))
    engine: Doubling = field(default_factory=Doubling)
    lookers: Mapping[str, Thermometer] = field(default_factory=dict)
    chain: Callable[[Sample], Features] | None = None
    plain: Echo = field(default_factory=Echo)
    outbox: Shelf = field(default_factory=Shelf)
    windows: Rationed = field(default_factory=lambda: Rationed(Recording(), {}))
    uplink: Pigeon = field(default_factory=Pigeon)
    escalation: Escalation = field(default_factory=lambda: asking(None))
