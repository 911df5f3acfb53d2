"""Witty Pi 4: what its step-down converter gives the board, by the registers of its microcontroller.

Registers as in uugear/Witty-Pi-4, Software/wittypi/utilities.sh: 3 and 4 hold the output voltage, 5 and 6 the output
current, each as a whole part and hundredths. They are read one by one, so that a carry may fall between the two: a
pair is believed when its whole part reads the same before and after.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from boards.meters.reading import Wattmeter
from node.errors import HardwareError
from node.hal import Scope
from node.options import option

if TYPE_CHECKING:
    from boards.meters import Machine, Registers

VOLTAGE_OUT: Final = 3
CURRENT_OUT: Final = 5
TRIES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Where it is."""

    scope: Scope = option("what it feeds", default="input")
    bus: int | None = option("I2C bus; not given for the header's", default=None, least=0)
    address: int = option("I2C address", default=0x08, least=0x08, most=0x77)


class WittyPi4(Wattmeter):
    """One Witty Pi 4, which never writes: its own daemon and the sleep mechanisms may use it beside us."""

    accuracy: ClassVar[float] = 0.05  # UUGear publishes none
    resolution_mw: ClassVar[float] = 50.0  # 10 mA at 5 V

    def __init__(self, params: Params, machine: Machine) -> None:
        """Open nothing yet."""
        super().__init__(machine.clock_s, params.scope)
        self._params = params
        self._machine = machine
        self._chip: Registers | None = None

    def power_mw(self) -> float:
        """Read voltage and current at the output; V times A is W."""
        if self._chip is None:
            bus = self._machine.bus if self._params.bus is None else self._params.bus
            self._chip = self._machine.i2c(bus, self._params.address)
        return _pair(self._chip, VOLTAGE_OUT) * _pair(self._chip, CURRENT_OUT) * 1e3


def _pair(chip: Registers, register: int) -> float:
    """Read a whole part and its hundredths, torn by no carry."""
    whole = chip.read(register, 1)[0]
    for _ in range(TRIES):
        hundredths, again = chip.read(register + 1, 1)[0], chip.read(register, 1)[0]
        if again == whole and hundredths < 100:
            return whole + hundredths / 100
        whole = again
    raise HardwareError(f"Witty Pi 4: registers {register} and {register + 1} do not settle; is it one?")
