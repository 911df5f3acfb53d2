"""Kernel: whatever battery the kernel has a driver for (Documentation/ABI/testing/sysfs-class-power).

`capacity` is whole per cents, so the charge or the energy is preferred where the driver gives it with its full value.
The voltage is a whole pack's: it is told as a cell's only where it can be one cell's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from boards.meters.sysfs import number, word
from node.errors import HardwareError
from node.hal import GaugeReading

if TYPE_CHECKING:
    from pathlib import Path

PAIRS: Final = (("charge_now", "charge_full"), ("energy_now", "energy_full"))
HIGHEST_CELL_MV: Final = 4500.0


class Kernel:
    """The first battery of the machine, or the one that is named."""

    def __init__(self, root: Path, supply: str = "*") -> None:
        """Look at nothing yet.

        Args:
            root: where `sys` is; `/` in the field.
            supply: its folder under /sys/class/power_supply.
        """
        self._folder = root / "sys/class/power_supply"
        self._supply = supply

    def read(self) -> GaugeReading | None:
        """Read share and voltage; None where there is no battery.

        Raises:
            HardwareError: its driver is in trouble.
        """
        for battery in sorted(self._folder.glob(self._supply)):
            if (battery / "type").exists() and word(battery / "type") == "Battery":
                return GaugeReading(share=_share(battery), cell_mv=_cell_mv(battery))
        return None


def _share(battery: Path) -> float | None:
    for now, full in PAIRS:
        if (battery / now).exists() and (battery / full).exists():
            most = number(battery / full)
            if most <= 0:
                raise HardwareError(f"{battery / full}: a battery that holds {most} when full is none")
            return number(battery / now) / most
    return number(battery / "capacity") / 100.0 if (battery / "capacity").exists() else None


def _cell_mv(battery: Path) -> float | None:
    if not (battery / "voltage_now").exists():
        return None
    voltage_mv = number(battery / "voltage_now") / 1e3
    return voltage_mv if voltage_mv <= HIGHEST_CELL_MV else None
