"""Power controllers as chips: registers with a clock and an alarm behind them, in virtual time."""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from boards.sleeping import pijuice, wittypi4
from boards.sleeping.bcd import to_bcd

if TYPE_CHECKING:
    from boards.sim.clock import VirtualClock


class SimWittyPi4:
    """A Witty Pi 4 whose clock runs on virtual time, in any time zone; satisfies `boards.sleeping.Registers`."""

    def __init__(self, clock: VirtualClock, *, zone_h: float = 0.0, clock_set: bool = True) -> None:
        """Power up.

        Args:
            clock: virtual time.
            zone_h: hours that its clock is ahead of UTC: its daemon keeps local time.
            clock_set: else its oscillator had stopped.
        """
        self._clock = clock
        self._zone_s = zone_h * 3600.0
        self._clock_set = clock_set
        self.registers = bytearray(72)
        self.unplugged = False
        self.stuck: int | None = None

    def read(self, register: int, count: int) -> bytes:
        """Give one register; it does not count on, so that more than one is the first again."""
        if self.unplugged:
            raise OSError(errno.EREMOTEIO, "Remote I/O error")
        self._tick()
        return bytes(self.registers[register : register + 1]) * count

    def write(self, register: int, data: bytes) -> None:
        """Take one register; `stuck` is one that does not."""
        if self.unplugged:
            raise OSError(errno.EREMOTEIO, "Remote I/O error")
        if register != self.stuck:
            self.registers[register] = data[0]

    def rings_in_s(self) -> float | None:
        """Find by trying when the alarm rings: the first second, within 40 days, that looks like it."""
        second, minute, hour, day = (self.registers[each] for each in wittypi4.ALARM)
        if not day:
            return None
        now = int(self._clock.wall_ms() / 1000 + self._zone_s)
        for ahead_s in range(1, 40 * 86_400):
            if (now + ahead_s) % 60 == (second >> 4) * 10 + (second & 15):
                at = datetime.fromtimestamp(now + ahead_s, UTC)
                if (to_bcd(at.minute), to_bcd(at.hour), to_bcd(at.day)) == (minute, hour, day):
                    return float(ahead_s)
        return None

    def _tick(self) -> None:
        at = datetime.fromtimestamp(self._clock.wall_ms() / 1000 + self._zone_s, UTC)
        numbers = (at.second, at.minute, at.hour, at.day, at.month, at.year % 100)
        for register, number in zip(wittypi4.CLOCK, numbers, strict=True):
            self.registers[register] = to_bcd(number)
        if not self._clock_set:
            self.registers[wittypi4.CLOCK[0]] |= wittypi4.STOPPED


class SimPiJuice:
    """A PiJuice on virtual time; satisfies `boards.sleeping.Registers`."""

    def __init__(self, clock: VirtualClock) -> None:
        """Power up, no alarm set."""
        self._clock = clock
        self.blocks = {
            pijuice.ALARM: bytes(4) + pijuice.EVERY,
            pijuice.CONTROL: bytes([0, pijuice.RANG]),
            pijuice.POWER_OFF: bytes([pijuice.NEVER]),
        }
        self.order: list[int] = []
        self.corrupts = False
        self.forgets_wake = False

    def read(self, register: int, count: int) -> bytes:
        """Give a block and its check byte."""
        data = self._time() if register == pijuice.TIME else self.blocks[register]
        check = _xor(data) ^ (0x01 if self.corrupts else 0x00)
        return (data + bytes([check]))[:count]

    def write(self, register: int, data: bytes) -> None:
        """Take a block whose check byte is right; others are dropped, as the firmware does."""
        if _xor(data[:-1]) != data[-1]:
            return
        self.order.append(register)
        if register == pijuice.CONTROL and self.forgets_wake:
            return
        self.blocks[register] = data[:-1]

    @property
    def cuts_in_s(self) -> int | None:
        """When it cuts the power; None where it does not."""
        delay_s = self.blocks[pijuice.POWER_OFF][0]
        return None if delay_s == pijuice.NEVER else delay_s

    def _time(self) -> bytes:
        at = datetime.fromtimestamp(self._clock.wall_ms() / 1000, UTC)
        date = (at.isoweekday(), at.day, at.month, at.year % 100)
        return bytes(to_bcd(each) for each in (at.second, at.minute, at.hour, *date)) + bytes(2)


def _xor(data: bytes) -> int:
    check = 0xFF
    for byte in data:
        check ^= byte
    return check
