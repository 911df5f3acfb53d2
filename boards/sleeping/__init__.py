"""Sleeping: the mechanisms behind the states that a board can sleep in. The planner chooses; these only go there.

savings    light sleep: governor, cores, radios, HDMI, USB; what was set is put back
suspend    to RAM or to idle through /sys/power, ended by the RTC
halt       the machine goes down: hooks, sync, alarm, read back, halt, in this order
order      who gives the order for it: systemd, asked by a file where the node has no rights
rtc        the kernel's RTC as an alarm clock
wittypi4   a Witty Pi 4, pijuice a PiJuice, fixed_timer a TPL5110: who cuts the power and gives it back
absent     a controller that cannot be reached
needs      what a board's file requires of a state, looked up on this machine
bed        all of it put together for one board

Each mechanism reads back what it set, says in its `refusal()` why it cannot be used here, and raises HardwareError when
that turns out later. Kernel files lie below a root, `/` in the field, and are reached through a `Tree`; chips through
`Registers`. Both have a twin that behaves, in `boards/sim`. An `Alarm` is who wakes the board: add one as a file with
such a class, and a line in `bed.CONTROLLERS`.
"""

from __future__ import annotations

from typing import Protocol


class Alarm(Protocol):
    """Who ends a sleep at a time that was set before."""

    @property
    def reach_s(self) -> float:
        """The furthest ahead that it can be set, in seconds."""
        ...

    def refusal(self) -> str:
        """Say why it cannot be used here; empty where it can."""
        ...

    def arm(self, in_s: float) -> None:
        """Set it, and read it back.

        Args:
            in_s: seconds from now; it may ring up to a second early, never late.

        Raises:
            HardwareError: it did not take the time.
        """
        ...

    def disarm(self) -> None:
        """Take it back; quiet where it was not set."""
        ...


class Registers(Protocol):
    """A chip on an I2C bus."""

    def read(self, register: int, count: int) -> bytes:
        """Read bytes from a register on, in one transaction.

        Raises:
            OSError: the bus or the chip does not answer.
        """
        ...

    def write(self, register: int, data: bytes) -> None:
        """Write bytes from a register on, in one transaction.

        Raises:
            OSError: as for `read`.
        """
        ...
