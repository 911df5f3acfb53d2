"""The kernel's RTC as an alarm clock: /sys/class/rtc/rtcN/wakealarm.

Documentation/ABI/testing/sysfs-class-rtc: the file holds the alarm in seconds since 1970 by the RTC, or nothing. To set
an armed one is EBUSY, so it is cleared first. All is reckoned by the RTC's own clock, so a wall clock that differs from
it does no harm. `alrm_pending` in /proc/driver/rtc is not asked: it may say no although the alarm is set
(raspberrypi/firmware#2011).
"""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

from node.errors import HardwareError

if TYPE_CHECKING:
    from boards.sleeping.tree import Tree

LEAST_S = 2
"""The RTC counts whole seconds, and one of them may be nearly over."""


class Rtc:
    """One RTC; satisfies `boards.sleeping.Alarm`."""

    reach_s = 86_400.0  # "not every RTC is able to set an alarm 24 h ahead" (rtcwake(8)); what it took is read back

    def __init__(self, tree: Tree, name: str = "rtc0") -> None:
        """Set nothing yet.

        Args:
            tree: the kernel's files.
            name: which RTC; on a Jetson rtc0 is the one that wakes.
        """
        self._tree = tree
        self._folder = f"sys/class/rtc/{name}"
        self._alarm = f"{self._folder}/wakealarm"

    def refusal(self) -> str:
        """Say why it cannot wake this machine."""
        if not self._tree.has(self._alarm):
            return f"/{self._alarm} is not there: no RTC, or one that sets no alarm"
        try:
            self._tree.number(f"{self._folder}/since_epoch")
        except HardwareError as error:
            return str(error)
        return ""

    def arm(self, in_s: float) -> None:
        """Set the alarm and read it back."""
        if in_s < LEAST_S:
            raise HardwareError(f"/{self._alarm}: {in_s:.3g} s are too few; the RTC counts whole seconds")
        self._enable()
        self._tree.write(self._alarm, "0")
        at_s = self._tree.number(f"{self._folder}/since_epoch") + floor(in_s)
        try:
            self._tree.set(self._alarm, str(at_s))
        except HardwareError:
            self.disarm()
            raise

    def disarm(self) -> None:
        """Clear the alarm."""
        self._tree.write(self._alarm, "0")

    def _enable(self) -> None:
        """Let the RTC wake the machine; boards whose RTC needs no leave have no such file."""
        switch = f"{self._folder}/device/power/wakeup"
        if self._tree.has(switch) and self._tree.read(switch) != "enabled":
            self._tree.set(switch, "enabled")
