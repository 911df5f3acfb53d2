"""INA219, INA220, INA226, INA230 and INA231 by the kernel's driver: Documentation/hwmon/ina2xx.rst.

The shunt trap: the driver believes in 10 milliohm unless the device tree or `shunt_resistor` says otherwise, and most
breakout boards carry 100, so that every reading is ten times too large. The file needs root to write, so it is left
alone: a reading is scaled by what the driver believes over what is soldered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from boards.meters.reading import Wattmeter
from boards.meters.sysfs import hwmon_chips, number, shunt_scale
from node.errors import HardwareError
from node.hal import Scope
from node.options import option

if TYPE_CHECKING:
    from pathlib import Path

    from boards.meters import Machine

CHIPS: Final = frozenset({"ina219", "ina220", "ina226", "ina230", "ina231"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Which chip, and what is soldered beside it."""

    scope: Scope = option("what runs through its shunt", default="input")
    device: str = option("the chip on its bus, such as 1-0040; empty for the only one", default="")
    shunt_uohm: int | None = option(
        "the shunt that is soldered, in microohm: 100000 for most breakout boards; not given to believe the driver",
        default=None,
        above=0,
    )


class HwmonIna(Wattmeter):
    """One INA2xx."""

    accuracy: ClassVar[float] = 0.02  # TI SBOS448 and SBOS547, recalled: 0.5 to 1 % of gain; and a shunt of 1 %
    resolution_mw: ClassVar[float] = 2.0  # TI SBOS448: power LSB is 20 current LSBs, 2 mW at 0.1 mA

    def __init__(self, params: Params, machine: Machine) -> None:
        """Keep where to look; the chip is looked for at the first reading, and again after one that failed."""
        super().__init__(machine.clock_s, params.scope)
        self._params = params
        self._root = machine.root
        self._folder: Path | None = None

    def power_mw(self) -> float:
        """Read `power1_input` in uW, or the bus voltage and the current where there is none."""
        folder, self._folder = self._folder or self._find(), None
        if (folder / "power1_input").exists():
            power_mw = number(folder / "power1_input") / 1e3
        else:
            power_mw = number(folder / "in1_input") * number(folder / "curr1_input") / 1e3
        power_mw *= shunt_scale(folder / "shunt_resistor", self._params.shunt_uohm)
        self._folder = folder  # kept only once it has answered: a chip plugged in again has another number
        return power_mw

    def _find(self) -> Path:
        wanted = self._params.device
        found = {name: path for name, path in hwmon_chips(self._root, CHIPS) if wanted in {"", name}}
        if len(found) != 1:
            say = f"{len(found)} of them: {', '.join(found)}; name one by `device`" if found else "none"
            chip = f"INA2xx at {wanted}" if wanted else "INA2xx"
            raise HardwareError(f"{self._root / 'sys/class/hwmon'}: wanted one {chip}, there is {say}")
        return next(iter(found.values()))
