"""Where a board sleeps: the states that it has, what holds there now, and who goes into them; a part of `node.hal`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.values import Nap

Quality = Literal["measured", "official", "derived", "estimate"]
Retains = Literal["ram", "disk", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What going into a state takes, or coming back from it.

    Attributes:
        time_s: how long.
        energy_mj: all that the board draws meanwhile.
    """

    time_s: float = 0.0
    energy_mj: float = 0.0


AT_ONCE: Final = Transition()


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerState:
    """What a board draws in one state, how well that is known, and what being there is like.

    Attributes:
        name: `active`, `idle`, `light`, `suspend`, `halt` or `off`.
        power_mw: mean draw at the input.
        quality: measured, official, derived or estimate.
        source: where the figure stands.
        enter: from the decision until the draw has fallen.
        exit: from the alarm until the node runs again; its time is the exit latency.
        retains: what survives: after a state that retains no `ram` the node boots.
        wake: what can end it, such as `timer`, `rtc`, `controller`, `gpio`.
        requires: what must hold before it is entered, such as `eeprom:POWER_OFF_ON_HALT=1`.
        otherwise_mw: the draw where a requirement does not hold; None: it then cannot be entered.
    """

    name: str
    power_mw: float
    quality: Quality
    source: str
    enter: Transition = AT_ONCE
    exit: Transition = AT_ONCE
    retains: Retains = "ram"
    wake: tuple[str, ...] = ("timer",)
    requires: tuple[str, ...] = ()
    otherwise_mw: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What holds on this machine now, as far as sleeping goes. Without being told better, nothing deep can be entered.

    Attributes:
        wakers: what can end a sleep at a time that was set, and the furthest ahead that it can be set, in seconds.
        holds: which requirements of the board's states hold.
        refused: the states that their mechanism refuses, with its reason.
        memory_is_on_disk: whether all that must outlive the memory is on disk, or will be before it is lost.
        clock_is_sane: whether an alarm by the wall clock rings when it should.
        unsaved: the savings that light sleep did without when it was last entered, with the reason.
    """

    wakers: Mapping[str, float] = field(default_factory=lambda: {"timer": float("inf")})
    holds: frozenset[str] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)
    memory_is_on_disk: bool = False
    clock_is_sane: bool = False
    unsaved: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bedding:
    """What the operator says of sleeping here, beyond what the board's file knows.

    Attributes:
        savings: what light sleep turns off, by the names of `[sleep] savings`.
        controller: who cuts the power and gives it back: `wittypi4`, `pijuice`, `timer`, or `none`.
        timer_s: the period of a timer that cannot be set, in seconds.
    """

    savings: tuple[str, ...] = ()
    controller: str = "none"
    timer_s: float = 0.0


class Bed(Protocol):
    """Where the board sleeps: who really goes into the state that was planned, and comes back."""

    def conditions(self, *, memory_is_on_disk: bool) -> Conditions:
        """Tell what holds here now.

        Args:
            memory_is_on_disk: the node's own part: whether all that must outlive the memory will be on disk.
        """
        ...

    def nap(self, nap: Nap, wait: Callable[[float], float]) -> float:
        """Sleep in a state that keeps the memory.

        Args:
            nap: what was planned.
            wait: waits so many seconds, or until it is woken, and returns the seconds; light sleep is this.

        Returns:
            Seconds until the node ran again.

        Raises:
            HardwareError: the state was refused after all; nothing is left changed.
        """
        ...

    def halt(self, nap: Nap, hooks: Sequence[Callable[[], None]]) -> None:
        """Go into a state that loses the memory; when this returns, the machine is going down and the node should end.

        Args:
            nap: what was planned.
            hooks: put on disk what must survive, in this order; the alarm is set after them.

        Raises:
            HardwareError: no alarm, no halt.
        """
        ...
