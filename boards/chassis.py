"""The box on Linux: a lamp that the kernel blinks by itself, and the order to restart.

The lamp's trigger `timer` blinks without anybody's help, also while the node waits. Where the kernel has no such
trigger, the lamp is lit and stays so. What it did before is put back.

Source: Documentation/leds/leds-class.rst and Documentation/ABI/testing/sysfs-class-led-trigger-timer of the kernel;
random(4), `boot_id`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from boards.sleeping.order import order_reboot
from node.errors import HardwareError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from boards.sleeping.tree import Tree

BOOT_ID: Final = "proc/sys/kernel/random/boot_id"
HALF_MS: Final = 200


class LinuxChassis:
    """Satisfies `node.hal.Chassis`."""

    def __init__(self, leds: Sequence[str], tree: Tree, restart: Callable[[], None] = order_reboot) -> None:
        """Touch nothing yet.

        Args:
            leds: names of lamps, the first that is there is taken.
            tree: the kernel's files.
            restart: has the machine restarted.
        """
        self._leds = leds
        self._tree = tree
        self._restart = restart
        self._before: tuple[str, str, str] | None = None

    def boot_id(self) -> str:
        """Tell this boot from every other; empty where the kernel does not say."""
        try:
            return self._tree.read(BOOT_ID)
        except HardwareError:
            return ""

    def blink(self) -> str:
        """Begin to blink.

        Returns:
            The lamp's name.

        Raises:
            HardwareError: there is no lamp, or it is not ours to switch.
        """
        led = self._lamp()
        folder = f"sys/class/leds/{led}"
        if self._before is None:
            self._before = (
                folder,
                _chosen(self._tree.read(f"{folder}/trigger")),
                self._tree.read(f"{folder}/brightness"),
            )
        try:
            self._tree.write(f"{folder}/trigger", "timer")
        except HardwareError:
            self._tree.write(f"{folder}/trigger", "none")
            self._tree.write(f"{folder}/brightness", self._tree.read(f"{folder}/max_brightness"))
            return led
        with suppress(HardwareError):  # they come with the trigger and are root's; else it blinks as the kernel has it
            for half in ("delay_on", "delay_off"):
                self._tree.write(f"{folder}/{half}", str(HALF_MS))
        return led

    def rest(self) -> None:
        """Put the lamp back as it was found."""
        if self._before is not None:
            folder, trigger, brightness = self._before
            self._before = None
            with suppress(HardwareError):  # it was ours to switch a moment ago
                self._tree.write(f"{folder}/trigger", trigger)
                if trigger == "none":
                    self._tree.write(f"{folder}/brightness", brightness)

    def reboot(self) -> None:
        """Have the machine restarted; the node is told to end before it goes."""
        self._restart()

    def _lamp(self) -> str:
        found = [each for each in self._leds if self._tree.has(f"sys/class/leds/{each}/trigger")]
        if not found:
            known = f"none of {', '.join(self._leds)} under" if self._leds else "this board's file names none of"
            raise HardwareError(f"no lamp: {known} /sys/class/leds")
        return found[0]


def _chosen(triggers: str) -> str:
    """Return the trigger that is in force, which the kernel puts in brackets.

    >>> _chosen("none rfkill-any [mmc0] timer")
    'mmc0'
    """
    return next((each[1:-1] for each in triggers.split() if each.startswith("[")), "none")
