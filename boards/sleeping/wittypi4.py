"""A Witty Pi 4: its microcontroller cuts the power once the board has shut down, and gives it back at the alarm.

Registers as in uugear/Witty-Pi-4, Software/wittypi/utilities.sh; each is one byte and is read alone, for the controller
does not count on. The alarm has a day of the month and no month, so it reaches less than 28 days and then means another
month. It is reckoned by the Witty Pi's own clock, which its daemon keeps in local time: that time zone never matters.
Its daemon must not schedule beside us: both would write the same registers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import floor
from typing import TYPE_CHECKING, Final

from boards.sleeping.bcd import from_bcd, to_bcd
from node.errors import HardwareError

if TYPE_CHECKING:
    from boards.sleeping import Registers

ADDRESS: Final = 0x08
ALARM: Final = (27, 28, 29, 30)  # second, minute, hour, day of the startup alarm, BCD
SHUTDOWN: Final = (32, 33, 34, 35)  # the same of the shutdown alarm
FLAGS: Final = (39, 40)  # which alarm has rung
RTC_CONTROL: Final = 55
RTC_RANG: Final = 0x40  # PCF85063A, Control_2: alarm flag
CLOCK: Final = (58, 59, 60, 61, 63, 64)  # second, minute, hour, day, month, year
STOPPED: Final = 0x80  # PCF85063A, Seconds: the oscillator has stopped, so the time is not to be trusted
LEAST_S: Final = 2.0


class WittyPi4:
    """Satisfies `boards.sleeping.Alarm`."""

    reach_s = 27 * 86_400.0

    def __init__(self, chip: Registers) -> None:
        """Touch nothing yet."""
        self._chip = chip

    def refusal(self) -> str:
        """Say why it cannot wake this board."""
        try:
            self._now()
        except HardwareError as error:
            return str(error)
        return ""

    def arm(self, in_s: float) -> None:
        """Set the startup alarm; clear what would shut the board down again, and what has rung before."""
        if in_s < LEAST_S:
            raise HardwareError(f"Witty Pi 4: {in_s:.3g} s are too few; it counts whole seconds")
        at = self._now() + timedelta(seconds=floor(in_s))
        for register in SHUTDOWN:
            self._set(register, 0)
        self._set(RTC_CONTROL, self._get(RTC_CONTROL) & ~RTC_RANG)
        for register in FLAGS:
            self._set(register, 0)
        for register, number in zip(ALARM, (at.second, at.minute, at.hour, at.day), strict=True):
            self._set(register, to_bcd(number))

    def disarm(self) -> None:
        """Clear the startup alarm."""
        for register in ALARM:
            self._set(register, 0)

    def _now(self) -> datetime:
        """Read its clock, once more where a minute passed between two registers."""
        second, *others = (self._get(register) for register in CLOCK)
        if self._get(CLOCK[0]) & ~STOPPED < second & ~STOPPED:
            second, *others = (self._get(register) for register in CLOCK)
        if second & STOPPED or not others[-1]:
            raise HardwareError("Witty Pi 4: its clock was never set; set it with its own software, once")
        minute, hour, day, month, year = map(from_bcd, others)
        try:
            return datetime(2000 + year, month, day, hour, minute, from_bcd(second), tzinfo=UTC)
        except ValueError as error:
            raise HardwareError(f"Witty Pi 4: its clock reads nonsense ({error}); is it one?") from error

    def _get(self, register: int) -> int:
        try:
            return self._chip.read(register, 1)[0]
        except OSError as error:
            raise HardwareError(f"Witty Pi 4 at 0x{ADDRESS:02x}: {error.strerror}; is it fitted, I2C on?") from error

    def _set(self, register: int, value: int) -> None:
        """Write a register and read it back."""
        try:
            self._chip.write(register, bytes([value]))
        except OSError as error:
            raise HardwareError(f"Witty Pi 4, register {register}: {error.strerror}") from error
        if self._get(register) != value:
            raise HardwareError(
                f"Witty Pi 4, register {register}: {value} was written, {self._get(register)} stands there"
            )
