"""The kernel's battery gauges: Documentation/ABI/testing/sysfs-class-power.

Only a battery that is discharging says what the node draws. On mains it says what the charger gives, so that time is
a gap. The sign of `current_now` differs from driver to driver and is not asked: `status` is. A charger's or a USB
port's entries are negotiated values, not measurements (rbonghi/jetson_stats PR 900), and are passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from boards.meters.integral import Counter
from boards.meters.reading import Joulemeter
from boards.meters.sysfs import number, word
from node.errors import HardwareError
from node.hal import Scope
from node.options import option

if TYPE_CHECKING:
    from pathlib import Path

    from boards.meters import Machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Which battery, and how coarse its count is."""

    scope: Scope = option("what the battery feeds", default="input")
    supply: str = option("its folder under /sys/class/power_supply; empty for the first battery", default="")
    step_mwh: float = option("mWh in which its count moves; most gauges round to 1 or 10", default=10.0, above=0)
    most_w: float = option("W that it never gives: what would need more is not believed", default=150, above=0)


class PowerSupply(Joulemeter):
    """One battery, by its charge or its energy."""

    accuracy: ClassVar[float] = 0.05  # of a gauge's shunt and its idea of the cell; none publishes it

    def __init__(self, params: Params, machine: Machine) -> None:
        """Keep where to look."""
        super().__init__(machine.clock_s, params.scope)
        self._params = params
        self._root = machine.root
        self._supply = params.supply
        self._spent_mj = 0.0
        self._last_uah_uv: tuple[int, int] | None = None

    def counts_mj(self) -> dict[str, float]:
        """Return what the battery has given, rising; nothing while it is not discharging."""
        folder = self._find()
        if word(folder / "status") != "Discharging":
            self._last_uah_uv = None
            return {}
        if (folder / "energy_now").exists():
            return {folder.name: -number(folder / "energy_now") * 3.6}  # 1 uWh is 3.6 mJ
        return {folder.name: self._by_charge(folder)}

    def counter(self, name: str) -> Counter:
        """Follow the count of one battery."""
        del name  # they are all alike
        return Counter(
            most_mw=self._params.most_w * 1e3, accuracy=self.accuracy, step_mj=self._params.step_mwh * 3600.0
        )

    def _by_charge(self, folder: Path) -> float:
        """Add the charge that went since the last reading, at the mean of both voltages: 1 uAh at 1 uV is 3.6 nJ."""
        charge_uah, voltage_uv = number(folder / "charge_now"), number(folder / "voltage_now")
        if self._last_uah_uv is not None:
            before_uah, before_uv = self._last_uah_uv
            self._spent_mj += (before_uah - charge_uah) * (before_uv + voltage_uv) / 2 * 3.6e-6
        self._last_uah_uv = (charge_uah, voltage_uv)
        return self._spent_mj

    def _find(self) -> Path:
        """Find the battery that was named; else the first, and from then on none but that: one sum, one battery."""
        folder = self._root / "sys/class/power_supply"
        wanted = self._supply
        for each in sorted(folder.glob(wanted or "*")):
            if (each / "type").exists() and word(each / "type") == "Battery":
                self._supply = each.name
                return each
        raise HardwareError(f"{folder}: no battery {wanted!r}" if wanted else f"{folder}: no battery")
