"""MAX17048, a lithium cell's fuel gauge by its voltage alone (Maxim 19-6171, recalled).

It has no shunt. What it knows is the state of charge, and so the energy that the cell gave: a share of the capacity
that the operator names. That is derived, not measured, and good over hours, not over one inference.

Registers are 16 bits, the high byte first; smbus2's `read_word_data` returns them the other way round.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from boards.meters.integral import Counter
from boards.meters.reading import Joulemeter
from node.errors import HardwareError
from node.hal import Quality, Scope
from node.options import option

if TYPE_CHECKING:
    from boards.meters import Machine, Registers

VCELL: Final = 0x02  # 78.125 uV
SOC: Final = 0x04  # 1/256 %
CRATE: Final = 0x16  # signed, 0.208 % an hour; above zero while charging
FULLEST_PERCENT: Final = 120.0  # it may say a little over 100; what says more is a bus that floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Where it is, and the cell that it watches."""

    scope: Scope = option("what the cell feeds", default="input")
    capacity_mwh: float = option(
        "what the full cell holds in mWh; 0 for unknown, and no joules then", default=0, least=0
    )
    bus: int | None = option("I2C bus; not given for the header's", default=None, least=0)
    address: int = option("I2C address", default=0x36, least=0x08, most=0x77)
    most_w: float = option("W that the cell never gives: what would need more is not believed", default=20, above=0)


class Max17048(Joulemeter):
    """One cell: joules for the ledger, state of charge and voltage for whoever plans by them."""

    accuracy: ClassVar[float] = 0.1  # of a voltage-only gauge on a cell that it was not characterised for
    quality: ClassVar[Quality] = "derived"

    def __init__(self, params: Params, machine: Machine) -> None:
        """Open nothing yet."""
        super().__init__(machine.clock_s, params.scope)
        self._params = params
        self._machine = machine
        self._chip: Registers | None = None

    def state_of_charge_percent(self) -> float:
        """Read the state of charge.

        Raises:
            HardwareError: what was read is no state of charge.
            OSError: the chip does not answer.
        """
        percent = float(self._word(SOC)) / 256
        if percent > FULLEST_PERCENT:
            raise HardwareError(f"MAX17048 0x{self._params.address:02x}: {percent:.0f} % is no state of charge")
        return percent

    def cell_mv(self) -> float:
        """Read the cell's voltage.

        Raises:
            OSError: the chip does not answer.
        """
        return self._word(VCELL) * 0.078125

    def counts_mj(self) -> dict[str, float]:
        """Return what the cell has given, rising; nothing while it is charged."""
        if not self._params.capacity_mwh:
            raise HardwareError("MAX17048: `capacity_mwh` is not given, so a share of it is no energy")
        percent = self.state_of_charge_percent()
        (rate,) = struct.unpack(">h", struct.pack(">H", self._word(CRATE)))
        return {} if rate > 0 else {"cell": (100.0 - percent) * self._step_mj * 256}

    def counter(self, name: str) -> Counter:
        """Follow the cell."""
        del name  # there is one
        return Counter(most_mw=self._params.most_w * 1e3, accuracy=self.accuracy, step_mj=self._step_mj)

    @property
    def _step_mj(self) -> float:
        """What 1/256 % of the cell is; 1 mWh is 3600 mJ."""
        return self._params.capacity_mwh * 3600.0 / 25_600

    def _word(self, register: int) -> int:
        if self._chip is None:
            bus = self._machine.bus if self._params.bus is None else self._params.bus
            self._chip = self._machine.i2c(bus, self._params.address)
        return int.from_bytes(self._chip.read(register, 2), "big")
