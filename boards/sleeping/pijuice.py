"""A PiJuice: it cuts the power some seconds after it was told to, and gives it back at its alarm.

Commands as in PiSupply/PiJuice, Software/Source/pijuice.py; each block ends with a check byte. Alarms are UTC (#260),
but are reckoned here from its own clock. The kernel's ds1339 driver may take the wake-up flag back (#212), so it is set
after the alarm, right before the order to cut the power.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce
from math import floor
from operator import xor
from typing import TYPE_CHECKING, Final

from boards.sleeping.bcd import from_bcd, to_bcd
from node.errors import HardwareError

if TYPE_CHECKING:
    from boards.sleeping import Registers

ADDRESS: Final = 0x14
POWER_OFF: Final = 0x62
NEVER: Final = 0xFF  # recalled, not looked up: the delay that a PiJuice shows where none is running
TIME: Final = 0xB0
ALARM: Final = 0xB9
CONTROL: Final = 0xC2
WAKE: Final = 0x05  # alarm on, and it wakes
RANG: Final = 0x01
EVERY: Final = bytes([0xFF, 0xFF, 0xFF, 0x00, 0xFF])  # the rest of an alarm that names second, minute, hour and day
CUT_AFTER_S: Final = 60
"""Longer than any shutdown; a file system that is cut off while it is written is worse than a minute of draw."""
LEAST_S: Final = CUT_AFTER_S + 2.0


class PiJuice:
    """Satisfies `boards.sleeping.Alarm`; arming it also starts the countdown to the cut."""

    reach_s = 27 * 86_400.0  # the alarm has a day of the month and no month

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
        """Set the alarm, let it wake, and have the power cut."""
        if in_s < LEAST_S:
            raise HardwareError(f"PiJuice: {in_s:.3g} s are too few; it cuts the power after {CUT_AFTER_S} s")
        at = self._now() + timedelta(seconds=floor(in_s))
        fields = bytes(to_bcd(each) for each in (at.second, at.minute, at.hour, at.day))
        self._set(ALARM, fields + EVERY)
        control, status = self._get(CONTROL, 2)
        self._set(CONTROL, bytes([control | WAKE, status & ~RANG]))
        self._put(POWER_OFF, bytes([CUT_AFTER_S]))
        if self._get(POWER_OFF, 1)[0] == NEVER:  # it counts down meanwhile; a board that is not cut off never wakes
            raise HardwareError(f"PiJuice, command 0x{POWER_OFF:02x}: the order to cut the power was not taken")

    def disarm(self) -> None:
        """Stop the countdown, then the alarm."""
        self._put(POWER_OFF, bytes([NEVER]))
        control, status = self._get(CONTROL, 2)
        self._set(CONTROL, bytes([control & ~WAKE, status]))

    def _now(self) -> datetime:
        second, minute, hour, _, day, month, year, *_ = self._get(TIME, 9)
        try:
            date = (2000 + from_bcd(year), from_bcd(month), from_bcd(day))
            return datetime(*date, from_bcd(hour & 0x3F), from_bcd(minute), from_bcd(second & 0x7F), tzinfo=UTC)
        except ValueError as error:
            raise HardwareError(f"PiJuice: its clock reads nonsense ({error}); was it ever set?") from error

    def _set(self, command: int, data: bytes) -> None:
        """Write a block and read it back."""
        self._put(command, data)
        found = self._get(command, len(data))
        if found != data:
            raise HardwareError(
                f"PiJuice, command 0x{command:02x}: {data.hex()} was written, {found.hex()} stands there"
            )

    def _get(self, command: int, count: int) -> bytes:
        try:
            block = self._chip.read(command, count + 1)
        except OSError as error:
            raise HardwareError(f"PiJuice at 0x{ADDRESS:02x}: {error.strerror}; is it fitted, I2C on?") from error
        data = block[:-1]
        if _check(data) != block[-1]:
            raise HardwareError(f"PiJuice, command 0x{command:02x}: the check byte of {block.hex()} is wrong")
        return data

    def _put(self, command: int, data: bytes) -> None:
        try:
            self._chip.write(command, data + bytes([_check(data)]))
        except OSError as error:
            raise HardwareError(f"PiJuice, command 0x{command:02x}: {error.strerror}") from error


def _check(data: bytes) -> int:
    """Return a block's check byte.

    >>> hex(_check(bytes([0x3C])))
    '0xc3'
    """
    return reduce(xor, data, 0xFF)
