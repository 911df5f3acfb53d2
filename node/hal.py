"""The ports: all that a node asks of the machine below it.

`boards/linux.py` answers for real machines, `boards/sim` for the laptop that plays one: its clock is virtual,
its sun rises when the script says so. A port has one to four methods and no opinion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.values import TimeQuality

Quality = Literal["measured", "official", "derived", "estimate"]
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerState:
    """What a board draws in one state, and how well that is known.

    Attributes:
        name: `active`, `idle`, `light`, `suspend`, `halt` or `off`.
        power_mw: mean draw at the input.
        quality: measured, official, derived or estimate.
        source: where the figure stands.
    """

    name: str
    power_mw: float
    quality: Quality
    source: str


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
        energy_mj: since the meter started, in millijoules.
        scope: what is counted: the whole input, a module, some rails, the processor.
        quality: measured or modelled (`estimate`).
    """

    energy_mj: float
    scope: Scope
    quality: Quality


class Meter(Protocol):
    """Joules."""

    def read(self) -> EnergyReading | None:
        """Read the counter; None is a gap, never a zero."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The machine, as a node sees it."""

    board: Board
    clock: Clock
    sleeper: Sleeper


BOARDS: Final = "boards:open_ports"
"""Named, not imported: a node knows this file, and whoever ships boards under that name."""


def open_ports(board_id: str) -> Ports:
    """Open the machine that a board's id stands for, or the one that is detected for `auto`.

    Raises:
        ConfigError: there is no such board, or its file is wrong.
    """
    from node.parts import load

    return cast("Ports", load(BOARDS)(board_id))
