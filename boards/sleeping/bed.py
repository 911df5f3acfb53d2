"""A board's mechanisms, put together: which of its states can be entered here, and by whom."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

from boards.sleeping.halt import Halt
from boards.sleeping.needs import Needs
from boards.sleeping.rtc import LEAST_S, Rtc
from boards.sleeping.savings import Light
from boards.sleeping.suspend import Suspend
from boards.sleeping.tree import Tree
from node.errors import HardwareError
from node.hal import Conditions
from node.values import TimeQuality

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from boards.schema import BoardData, State
    from boards.sleeping import Alarm, Registers
    from node.hal import Bedding, Clock
    from node.values import Nap

CONTROLLERS: Final = ("pijuice", "timer", "wittypi4")
STANDBY: Final = "eeprom:POWER_OFF_ON_HALT=1"


class LinuxBed:
    """Satisfies `node.hal.Bed` on a real machine."""

    def __init__(
        self,
        board: BoardData,
        clock: Clock,
        bedding: Bedding,
        controller: Alarm | None,
        *,
        tree: Tree | None = None,
        needs: Needs | None = None,
    ) -> None:
        """Put the mechanisms together; nothing is touched yet.

        Args:
            board: whose states.
            clock: goes on through suspend.
            bedding: what light sleep turns off; which controller.
            controller: who cuts the power and gives it back; None without one.
            tree: the kernel's files.
            needs: answers what the states require.
        """
        self._board = board
        self._clock = clock
        self._tree = tree or Tree()
        self._rtc = Rtc(self._tree)
        self._controller = controller
        fitted = controller is not None and not controller.refusal()
        self._needs = needs or Needs(self._tree, controller=bedding.controller if fitted else "none")
        self._light = Light(self._tree, bedding.savings)
        self._suspends = {name: self._suspend(each) for name, each in board.details.items() if _suspends(each)}
        self._halts = {name: self._halt(each) for name, each in board.details.items() if each.retains != "ram"}

    def conditions(self, *, memory_is_on_disk: bool) -> Conditions:
        """Tell what holds here now."""
        refused = {name: each.refusal() for name, each in (self._suspends | self._halts).items()}
        required = [need for each in self._board.states.values() for need in each.requires]
        holds = self._needs.holding(required) | self._light.needs
        return Conditions(
            wakers=self._wakers(),
            holds=holds,
            refused={name: why for name, why in refused.items() if why} | self._never_woken(holds),
            memory_is_on_disk=memory_is_on_disk,
            clock_is_sane=self._clock.quality() is not TimeQuality.UNSET,
            unsaved=dict(self._light.refused),
        )

    def nap(self, nap: Nap, wait: Callable[[float], float]) -> float:
        """Sleep in a state that keeps the memory.

        An alarm may ring a second early; what is then left is too short for another one, and is waited for. To try
        would have suspend refused for minutes.
        """
        if nap.state in self._suspends and nap.duration_s >= LEAST_S:
            return self._suspends[nap.state].sleep(nap.duration_s)
        if nap.state != "light":
            return wait(nap.duration_s)
        start_s = self._clock.monotonic_s()
        self._light.sleep(nap.duration_s, wait)
        return self._clock.monotonic_s() - start_s  # what turning off and on again took is part of the nap

    def halt(self, nap: Nap, hooks: Sequence[Callable[[], None]]) -> None:
        """Take the machine down until the alarm."""
        if self._clock.quality() is TimeQuality.UNSET:
            raise HardwareError("the clock was never set: an alarm by it may ring in years, so the machine stays up")
        self._halts[nap.state].halt(nap.duration_s, hooks)

    def _wakers(self) -> Mapping[str, float]:
        alarms = {"rtc": self._rtc, "controller": self._controller}
        return {"timer": inf} | {
            name: alarm.reach_s for name, alarm in alarms.items() if alarm is not None and not alarm.refusal()
        }

    def _never_woken(self, holds: frozenset[str]) -> dict[str, str]:
        """Refuse a Pi 5's halt where its bootloader is too old to be woken from a halt that keeps the power on."""
        names = [name for name, each in self._board.details.items() if each.mechanism == "halt_rtc"]
        if STANDBY in holds or not names or self._needs.wakes_without_standby():
            return {}
        why = f"without {STANDBY} only a bootloader of 2025-06-29 or later wakes by its RTC"
        return dict.fromkeys(names, why)

    def _suspend(self, state: State) -> Suspend:
        word = "freeze" if state.mechanism == "sysfs_freeze" else "mem"
        variant = next((each.partition(":")[2] for each in state.requires if each.startswith("mem_sleep:")), "")
        return Suspend(self._tree, self._rtc, self._clock, word=word, variant=variant)

    def _halt(self, state: State) -> Halt:
        if state.mechanism == "halt_rtc" or self._controller is None:
            return Halt(self._rtc, self._clock)
        return Halt(self._controller, self._clock)


def find_controller(
    bedding: Bedding, clock: Clock, *, bus: int, open_chip: Callable[[int, int], Registers] | None = None
) -> Alarm | None:
    """Return the controller that the operator named.

    Args:
        bedding: names it, and a timer's period.
        clock: for the timer.
        bus: number of the header's I2C bus.
        open_chip: opens a chip by bus and address; None for the kernel's way.

    Raises:
        HardwareError: the bus is not there.
    """
    opened = open_chip or _open_chip
    if bedding.controller == "wittypi4":
        from boards.sleeping import wittypi4

        return wittypi4.WittyPi4(opened(bus, wittypi4.ADDRESS))
    if bedding.controller == "pijuice":
        from boards.sleeping import pijuice

        return pijuice.PiJuice(opened(bus, pijuice.ADDRESS))
    if bedding.controller == "timer":
        from boards.sleeping.fixed_timer import FixedTimer

        return FixedTimer(Tree(), clock, bedding.timer_s)
    return None


def _open_chip(bus: int, address: int) -> Registers:
    from pathlib import Path

    from boards.sleeping.chip import Chip

    return Chip(Path(f"/dev/i2c-{bus}"), address)


def _suspends(state: State) -> bool:
    return state.mechanism in {"sysfs_mem", "sysfs_freeze"}
