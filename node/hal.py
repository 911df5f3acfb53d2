"""The ports: all that a node asks of the machine below it.

`boards/linux.py` answers for real machines, `boards/sim` for the laptop that plays one: its clock is virtual,
its sun rises when the script says so. A port has one to four methods and no opinion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Protocol, cast

from node.bed import AT_ONCE, Bed, Bedding, Conditions, PowerState, Quality, Transition
from node.options import Spec

if TYPE_CHECKING:
    from node.values import TimeQuality

__all__ = [
    "AT_ONCE",
    "BOARDS",
    "METERS",
    "PANELS",
    "Accelerator",
    "Bed",
    "Bedding",
    "Board",
    "Chassis",
    "Clock",
    "Conditions",
    "EnergyReading",
    "Gauge",
    "GaugeReading",
    "Meter",
    "Metering",
    "Mode",
    "OperatingPoint",
    "Panel",
    "Ports",
    "PowerState",
    "Quality",
    "Radio",
    "Scope",
    "Sleeper",
    "Supervisor",
    "Throttle",
    "Transition",
    "meter_parts",
    "open_ports",
]

Scope = Literal["input", "module", "rails", "cpu"]


class Clock(Protocol):
    """Time. The wall clock may jump; the monotonic one never does and goes on through suspend."""

    def wall_ms(self) -> int:
        """Milliseconds since 1970 by the wall clock."""
        ...

    def monotonic_s(self) -> float:
        """Seconds since an unknown start."""
        ...

    def quality(self) -> TimeQuality:
        """How far to believe `wall_ms`."""
        ...


class Sleeper(Protocol):
    """Doing nothing, cheaply."""

    def sleep(self, duration_s: float) -> float:
        """Sleep, or be woken early.

        Args:
            duration_s: at most this long; zero and less return at once.

        Returns:
            Seconds slept.
        """
        ...

    def wake(self) -> None:
        """End the current sleep, from any thread or signal handler."""
        ...


class Board(Protocol):
    """What is soldered to what, as data."""

    @property
    def id(self) -> str:
        """The folder's name under `boards/`."""
        ...

    @property
    def states(self) -> Mapping[str, PowerState]:
        """The states that this board has, by name; `active` and `light` always."""
        ...

    @property
    def sensors(self) -> Mapping[str, str]:
        """Sensors that this board brings along: part name to `module:Class`, beside `node.sense.TABLE`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyReading:
    """A meter's answer.

    Attributes:
        energy_mj: since the meter started, in millijoules, over the time that is covered.
        scope: what is counted: the whole input, a module, some rails, the processor.
        quality: measured or modelled (`estimate`).
        covered_s: seconds since the meter started that its readings account for; gaps are not among them.
        uncertainty_mj: how far `energy_mj` may be off, by the instrument and by what lay between its readings.
        counted: it counts on while nobody reads, through a nap; else it is sampled, and knows only what it was shown.
    """

    energy_mj: float
    scope: Scope
    quality: Quality
    covered_s: float
    uncertainty_mj: float = 0.0
    counted: bool = False


class Meter(Protocol):
    """Joules."""

    def read(self) -> EnergyReading | None:
        """Read the counter; None is a gap, never a zero."""
        ...

    def watch(self, *, closely: bool) -> None:
        """Be told that the node works, or is about to nap: what must be sampled samples itself meanwhile."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Metering:
    """Who measures the joules of a machine.

    Attributes:
        name: of the part that answers; empty where none does.
        meter: itself.
        silent: who was asked before, and why they do not measure.
    """

    name: str = ""
    meter: Meter | None = None
    silent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GaugeReading:
    """What a battery says of itself.

    Attributes:
        share: state of charge, 0 empty to 1 full; None where it only knows its voltage.
        cell_mv: one cell's voltage in mV; None where it does not say.
    """

    share: float | None = None
    cell_mv: float | None = None


class Gauge(Protocol):
    """The battery."""

    def read(self) -> GaugeReading | None:
        """Read the gauge; None is a gap, never an empty battery."""
        ...


class Panel(Protocol):
    """What brings the sun."""

    def power_mw(self) -> float:
        """Tell what arrives from it now, in mW; a HardwareError is a gap, never darkness."""
        ...


Mode = Literal["powersave", "balanced", "performance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """A clock of the processor, and what the board draws at it.

    Attributes:
        khz: the clock.
        busy_mw: the whole board with one core busy.
    """

    khz: int
    busy_mw: float


class Throttle(Protocol):
    """The clocks of the processor, and of what else has some."""

    @property
    def points(self) -> Sequence[OperatingPoint]:
        """What the processor can be set to, the slowest first; empty where the board does not say."""
        ...

    def set(self, mode: Mode) -> Mapping[str, str]:
        """Set what can be set, and read it back.

        Returns:
            What could not be set, and why; empty where all could.
        """
        ...

    def restore(self) -> None:
        """Put everything back as it was found."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Radio:
    """What the way to the network takes, on top of the board's states.

    Attributes:
        name: the kernel's, such as `wlan0`.
        quality: of the least known of these figures.
        idle_mw: being joined, with power save.
        join: association, address, TLS and MQTT, beyond a board that waits for them: until the first record may go.
        packet_mj: each packet sent.
        sent_byte_mj: each byte sent.
        received_byte_mj: each byte received.
    """

    name: str
    quality: Quality
    idle_mw: float = 0.0
    join: Transition = AT_ONCE
    packet_mj: float = 0.0
    sent_byte_mj: float = 0.0
    received_byte_mj: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """What infers beside the processor, and what it adds to the board's states.

    Attributes:
        name: what people call it.
        busy_mw: while it infers.
        rest_mw: between two inferences; None where that is in the board's own figures, or nobody knows.
        quality: of what it draws busy.
        runtime: the software that drives it.
        notes: what else a person should know; may be empty.
    """

    name: str
    busy_mw: float
    rest_mw: float | None
    quality: Quality
    runtime: str
    notes: str = ""


class Chassis(Protocol):
    """The box that a board is: its lamp, and its reset."""

    def boot_id(self) -> str:
        """Tell this boot of the machine from every other; empty where nobody knows."""
        ...

    def blink(self) -> str:
        """Begin to blink, and return the lamp's name; a HardwareError where there is none."""
        ...

    def rest(self) -> None:
        """Put the lamp back as it was found; nothing where it does not blink."""
        ...

    def reboot(self) -> None:
        """Have the machine restarted, which takes a moment; a HardwareError where it will not be."""
        ...


class Supervisor(Protocol):
    """Who started the node, and starts it again when it hangs."""

    @property
    def patience_s(self) -> float:
        """How long it waits from one sign of life to the next; infinite where it does not watch."""
        ...

    def tell(self, *words: str) -> None:
        """Say something, in the words of sd_notify(3), such as `READY=1`; unheard words are nobody's loss."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The machine, as a node sees it.

    Attributes:
        board: what it is.
        clock: its time.
        sleeper: how it waits.
        earliest_ms: a time that has surely come, by what the machine knows without a clock; 0 where it knows none.
        open_bed: how it sleeps; None where it only waits.
        open_gauge: looks for who knows how full the battery is: the operator's meter, where it is one, or the board's.
        open_meter: looks for who measures its joules, which takes its time: first the part that the operator chose,
            then those that the board may have; None where nobody does.
        open_panel: opens the meter that the operator fitted at the solar panel; None where no machine is.
        open_throttle: its clocks; None where it has none to set.
        open_radio: looks up what its way to the network takes, once something went over it; None where nobody knows.
        open_supervisor: looks for who watches over the process; None where nobody does.
        open_chassis: its lamp and its reset; None where it has neither.
        find_accelerators: looks for what infers beside the processor; None where no machine is.
    """

    board: Board
    clock: Clock
    sleeper: Sleeper
    earliest_ms: int = 0
    open_bed: Callable[[Bedding], Bed] | None = None
    open_gauge: Callable[[Spec | None], Gauge | None] | None = None
    open_meter: Callable[[Spec | None], Metering] | None = None
    open_panel: Callable[[Spec], Panel] | None = None
    open_throttle: Callable[[], Throttle] | None = None
    open_radio: Callable[[], Radio | None] | None = None
    open_supervisor: Callable[[], Supervisor | None] | None = None
    open_chassis: Callable[[], Chassis] | None = None
    find_accelerators: Callable[[], Sequence[Accelerator]] | None = None


BOARDS: Final = "boards:open_ports"
"""Named, not imported: a node knows this file, and whoever ships boards under that name."""
METERS: Final = "boards.meters:TABLE"
PANELS: Final = "boards.meters:PANELS"


def open_ports(board_id: str) -> Ports:
    """Open the machine that a board's id stands for, or the one that is detected for `auto`.

    Raises:
        ConfigError: there is no such board, or its file is wrong.
    """
    from node.parts import load

    return cast("Ports", load(BOARDS)(board_id))


def meter_parts(table: str = METERS) -> Mapping[str, str]:
    """Name the meters that an operator may choose from, each with its `module:Class`; `PANELS` are those of a panel."""
    from node.parts import load

    return cast("Mapping[str, str]", load(table))
