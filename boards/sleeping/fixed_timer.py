"""A TPL5110 and its like: a resistor sets the period, and each period begins with the power coming on.

The board says DONE through the kernel's gpio-poweroff driver, which raises its pin once the file systems are closed;
the timer then cuts the power until its period is over (TI SNAS650, TPL5110). The period runs from power-on to power-on,
so what is left of it is known from the uptime. Nothing can be set and nothing read back: what can be checked is that
the pin has a driver, and that the period ends before the deadline. A board that is never DONE is cut off by the timer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from node.errors import HardwareError

if TYPE_CHECKING:
    from boards.sleeping.tree import Tree
    from node.hal import Clock

DRIVER: Final = "sys/bus/platform/drivers/poweroff-gpio/*poweroff*"
FIRMWARE_S: Final = 2.0
"""From power-on until the kernel's clock begins: 1.5 to 2 s on a Raspberry Pi (jbaumann/attiny_daemon, wiki)."""


class FixedTimer:
    """Satisfies `boards.sleeping.Alarm`."""

    def __init__(self, tree: Tree, clock: Clock, period_s: float) -> None:
        """Touch nothing yet.

        Args:
            tree: the kernel's files.
            clock: seconds since boot.
            period_s: as the resistor sets it.
        """
        self._tree = tree
        self._clock = clock
        self._period_s = period_s

    @property
    def reach_s(self) -> float:
        """What is left of the period."""
        return max(self._period_s - FIRMWARE_S - self._clock.monotonic_s(), 0.0)

    def refusal(self) -> str:
        """Say why it cannot cut the power."""
        if self._period_s <= 0.0:
            return "sleep.timer_s is not set: the period of the timer, by its resistor"
        if not self._tree.find(DRIVER):
            return f"/{DRIVER} is not there: add dtoverlay=gpio-poweroff,gpiopin=N for the pin at DONE"
        return ""

    def arm(self, in_s: float) -> None:
        """Look whether the period ends in time."""
        left_s = self.reach_s
        if not 0.0 < left_s <= in_s:
            raise HardwareError(f"the timer's period is over in {left_s:.0f} s, and {in_s:.0f} s are wanted")

    def disarm(self) -> None:
        """Do nothing: it cannot be stopped."""
