"""A Jetson's own rails: the INA3221 of its module by hwmon (JetPack 5 on), by IIO (JetPack 4), else by jetson-stats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from boards.meters.jetson_stats import Jtop
from boards.meters.rails import ina3221_rails_mw, whole_mw
from boards.meters.reading import Wattmeter
from boards.meters.sysfs import number, word
from node.hal import Scope
from node.options import option

if TYPE_CHECKING:
    from pathlib import Path

    from boards.meters import Machine

IIO = "sys/bus/i2c/drivers/ina3221x/*/iio:device*"
"""Where NVIDIA's driver of JetPack 4 has its `rail_name_N` and `in_powerN_input`, in mW."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What the rails are."""

    scope: Scope = option("what the total is; a sum of rails is always `rails`", default="module")
    total: str = option("label of the rail that is the whole; empty for VDD_IN or POM_5V_IN, else none", default="")
    rails: tuple[str, ...] = option("labels to add up where there is no whole; empty for all", default=())


class JetsonRails(Wattmeter):
    """The module's input, which leaves out the carrier board."""

    accuracy: ClassVar[float] = 0.02  # as for the INA3221
    resolution_mw: ClassVar[float] = 20.0

    def __init__(self, params: Params, machine: Machine) -> None:
        """Keep where to look."""
        super().__init__(machine.clock_s, params.scope)
        self._params = params
        self._root = machine.root
        self._jtop = Jtop()

    def power_mw(self) -> float:
        """Read the whole, or the sum of the rails, and let the scope say which."""
        rails_mw = ina3221_rails_mw(self._root) or iio_rails_mw(self._root) or self._jtop.rails_mw()
        parts = () if self._params.total else self._params.rails
        power_mw, whole = whole_mw(rails_mw, total=self._params.total, parts=parts)
        self.scope = self._params.scope if whole else "rails"
        return power_mw


def iio_rails_mw(root: Path) -> dict[str, float]:
    """Read every rail of JetPack 4; none where the driver is not there.

    Raises:
        HardwareError: a rail does not answer.
    """
    names = (each for folder in sorted(root.glob(IIO)) for each in sorted(folder.glob("rail_name_*")))
    return {word(each): float(number(each.with_name(f"in_power{each.name[10:]}_input"))) for each in names}
