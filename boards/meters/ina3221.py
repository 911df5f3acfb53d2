"""INA3221, three rails, by the kernel's driver: Documentation/hwmon/ina3221.rst.

The shunt trap of the INA2xx is here too (see `hwmon_ina`): without a device tree the driver believes in 10 milliohm at
each channel, where breakout boards carry 100.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from boards.meters.rails import ina3221_rails_mw, whole_mw
from boards.meters.reading import Wattmeter
from node.hal import Scope
from node.options import option

if TYPE_CHECKING:
    from boards.meters import Machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Which chip, and what its rails are."""

    scope: Scope = option("what the total is; a sum of rails is always `rails`", default="rails")
    device: str = option("the chip on its bus, such as 1-0040; empty for all", default="")
    total: str = option("label of the rail that is the whole; empty for VDD_IN or POM_5V_IN, else none", default="")
    rails: tuple[str, ...] = option("labels to add up where there is no whole; empty for all", default=())
    shunt_uohm: int | None = option(
        "the shunt that is soldered to each channel, in microohm: 100000 on most breakout boards; not given to believe "
        "the driver",
        default=None,
        above=0,
    )


class Ina3221(Wattmeter):
    """Three rails, or the one that is the whole."""

    accuracy: ClassVar[float] = 0.02  # TI SBOS576, recalled: 0.25 % of gain; and shunts of 1 %
    resolution_mw: ClassVar[float] = 20.0  # the driver's currents are whole mA, at 5 V, of up to three rails

    def __init__(self, params: Params, machine: Machine) -> None:
        """Keep where to look."""
        super().__init__(machine.clock_s, params.scope)
        self._params = params
        self._root = machine.root

    def power_mw(self) -> float:
        """Read the whole, or the sum of the rails, and let the scope say which."""
        rails_mw = ina3221_rails_mw(self._root, self._params.device, self._params.shunt_uohm)
        # With a total the rails of a board's file are parts of it, named for people; they are not added.
        parts = () if self._params.total else self._params.rails
        power_mw, whole = whole_mw(rails_mw, total=self._params.total, parts=parts)
        self.scope = self._params.scope if whole else "rails"
        return power_mw
