"""The machine goes down, and somebody else wakes it: the order in which nothing can be lost.

1. The hooks, in the order given: who holds state writes it. One that raises ends the attempt; nothing has happened yet.
2. sync(2): what was written is on the disk.
3. The alarm, last, for a reboot clears it (raspberrypi/linux#6262) and so may a clock that is set; it is read back.
4. The order to halt. Where it fails, or the alarm was taken by half, the alarm is taken back: it would wake nobody, and
   one that cuts the power by itself would cut it off a machine that stays up.
"""

from __future__ import annotations

import contextlib
import logging
import os
from typing import TYPE_CHECKING

from boards.sleeping.order import order_poweroff
from node.errors import HardwareError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from boards.sleeping import Alarm
    from node.hal import Clock

log = logging.getLogger(__name__)


class Halt:
    """Takes the machine down until an alarm."""

    def __init__(
        self,
        alarm: Alarm,
        clock: Clock,
        *,
        order: Callable[[], None] = order_poweroff,
        sync: Callable[[], None] = os.sync,
    ) -> None:
        """Touch nothing yet.

        Args:
            alarm: who wakes.
            clock: says how long the hooks took.
            order: takes the machine down; returns before it is.
            sync: puts on disk what was written.
        """
        self._alarm = alarm
        self._clock = clock
        self._order = order
        self._sync = sync

    def refusal(self) -> str:
        """Say why nothing would wake this machine again."""
        return self._alarm.refusal()

    def halt(self, duration_s: float, hooks: Sequence[Callable[[], None]]) -> None:
        """Take the machine down; the process should end when this returns.

        Args:
            duration_s: from now until the alarm.
            hooks: put on disk what must survive.

        Raises:
            HardwareError: the alarm was not taken, or the order refused; the machine stays up.
        """
        start_s = self._clock.monotonic_s()
        for hook in hooks:
            hook()
        self._sync()
        left_s = duration_s - (self._clock.monotonic_s() - start_s)
        try:
            self._alarm.arm(left_s)
            self._order()
        except HardwareError:
            with contextlib.suppress(HardwareError):  # the first reason is the one to tell
                self._alarm.disarm()
            raise
        log.info("going down for %.0f s", left_s)
