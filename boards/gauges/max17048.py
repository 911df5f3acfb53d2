"""MAX17048: a lithium cell's fuel gauge, by its meter's registers (`boards.meters.max17048`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from node.hal import GaugeReading

if TYPE_CHECKING:
    from boards.meters.max17048 import Max17048 as Meter


class Max17048:
    """The chip, asked for what it really knows."""

    def __init__(self, chip: Meter) -> None:
        """Share the chip with the meter, where both are wanted."""
        self._chip = chip

    def read(self) -> GaugeReading:
        """Read share and voltage.

        Raises:
            HardwareError: what was read is no state of charge.
            OSError: the chip does not answer.
        """
        return GaugeReading(share=self._chip.state_of_charge_percent() / 100.0, cell_mv=self._chip.cell_mv())
