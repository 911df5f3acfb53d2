"""What a season's node finds in its board's place: parts that take the time that a Zero 2 W would, in virtual time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from boards.sim.clock import VirtualClock
    from node.hal import Mode, OperatingPoint, Ports
    from node.infer import Engine
    from node.sense import Sensor
    from node.values import Channel, Features, Inference, Reading, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the board computes and waits for, in seconds.

    Attributes:
        start_s: from the interpreter's first line to the gate's verdict.
        load_s: importing the ML runtime, and opening the model.
        link_s: importing the link's parts.
        look_s: a camera's first picture.
        frame_s: each further one while it stays on.
        invoke_s: one picture through the model, by the model's file name.
        active_mw: what the busy board draws; None for what its file says.
        boot_s: from power to the interpreter's first line, at the draw that its file says; None for its time too.
    """

    start_s: float = 1.5
    load_s: float = 2.5
    link_s: float = 1.2
    look_s: float = 1.0
    frame_s: float = 0.1
    invoke_s: Mapping[str, float] = field(default_factory=dict)
    active_mw: float | None = None
    boot_s: float | None = None

    def slowed(self, factor: float) -> Work:
        """Return the same work on a processor that takes so many times as long to start programs and load libraries."""
        return replace(self, start_s=self.start_s * factor, load_s=self.load_s * factor, link_s=self.link_s * factor)


class Standing:
    """A sensor that stands in the field whether the node is up or not; constructed as the node's parts are."""

    instant: Final = True

    def __init__(self, sensor: Sensor, _ports: Ports) -> None:
        """Find it where it stands."""
        self._sensor = sensor

    @property
    def channels(self) -> Sequence[Channel]:
        """Its scalars."""
        return self._sensor.channels

    def read(self) -> Reading:
        """Read it."""
        return self._sensor.read()

    def close(self) -> None:
        """Leave it standing."""


class Camera(Standing):
    """One that takes its time: long for the first picture after power-on, and less for the next."""

    def __init__(self, fitted: tuple[Sensor, VirtualClock, Work], ports: Ports) -> None:
        """Switch it on with the first look."""
        sensor, self._clock, work = fitted
        super().__init__(sensor, ports)
        self._next_s, self._frame_s = work.look_s, work.frame_s

    def read(self) -> Reading:
        """Wait for the picture."""
        self._clock.advance(self._next_s)
        self._next_s = self._frame_s
        return super().read()


class Timed:
    """An engine that takes the time that the board would, and marks the answers by the labels that came along."""

    def __init__(self, engine: Engine, spend: Callable[[float], None], load_s: float, invoke_s: float) -> None:
        """Load nothing yet; the arguments are what their names say."""
        self._engine = engine
        self._spend = spend
        self._load_s = load_s
        self._invoke_s = invoke_s
        self.right = 0

    def infer(self, sample: Sample, features: Features | None) -> Sequence[Inference]:
        """Answer, and let the time pass."""
        answers = self._engine.infer(sample, features)
        self._spend(self._load_s + self._invoke_s * len(answers))
        self._load_s = 0.0
        self.right += sum(each.truth == each.values.get("label") for each in answers)
        return answers

    def load(self) -> None:
        """Open the model."""
        self._engine.load()

    def close(self) -> None:
        """Close it."""
        self._engine.close()


class Clocks:
    """The processor's clocks; its governor takes the highest under load, unless the node says otherwise."""

    def __init__(self, points: Sequence[OperatingPoint]) -> None:
        """Start as the board boots."""
        self.points = points
        self.slowness = 1.0

    def set(self, mode: Mode) -> Mapping[str, str]:
        """Set them."""
        self.slowness = self.points[-1].khz / self.points[0].khz if mode == "powersave" else 1.0
        return {}

    def restore(self) -> None:
        """Put them back."""
        self.slowness = 1.0
