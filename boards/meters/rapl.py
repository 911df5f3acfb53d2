"""Running Average Power Limit of x86 packages: Documentation/power/powercap/powercap.rst.

`energy_uj` belongs to root since 2020 (CVE-2020-8694); where it cannot be read there is no meter, and no guess.
Subdomains are parts of their package and `intel-rapl-mmio` is the same package by another way: neither is added.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from boards.meters.integral import Counter
from boards.meters.reading import Joulemeter
from boards.meters.sysfs import number, word
from node.errors import HardwareError
from node.hal import Scope
from node.options import option

if TYPE_CHECKING:
    from pathlib import Path

    from boards.meters import Machine

PACKAGE: Final = re.compile(r"intel-rapl:\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What is counted, and what is believed."""

    scope: Scope = option("what a package is", default="cpu")
    most_w: float = option("W that a package never exceeds: what would need more is not believed", default=150, above=0)


class Rapl(Joulemeter):
    """The sum of the packages."""

    accuracy: ClassVar[float] = 0.05  # Khan et al. 2018, "RAPL in Action", recalled: within a few percent of the plug
    step_mj: ClassVar[float] = 0.0625  # Intel SDM 3B, 15.10.1: 2^-14 J on most

    def __init__(self, params: Params, machine: Machine) -> None:
        """Keep where to look; the packages do not change while a machine runs."""
        super().__init__(machine.clock_s, params.scope)
        self._most_mw = params.most_w * 1e3
        self._packages = _packages(machine.root / "sys/class/powercap")

    def counts_mj(self) -> dict[str, float]:
        """Read `energy_uj` of every package; one that fails fails all, for a sum without it would step down."""
        if not self._packages:
            raise HardwareError("no intel-rapl package; the processor or the kernel has none")
        return {name: number(folder / "energy_uj") / 1e3 for name, folder in self._packages.items()}

    def counter(self, name: str) -> Counter:
        """Follow one package, through its wrap where `max_energy_range_uj` tells it."""
        try:
            range_mj = number(self._packages[name] / "max_energy_range_uj") / 1e3
        except HardwareError:
            range_mj = None
        return Counter(most_mw=self._most_mw, accuracy=self.accuracy, step_mj=self.step_mj, range_mj=range_mj)


def _packages(folder: Path) -> dict[str, Path]:
    found = {each.name: each for each in sorted(folder.glob("intel-rapl:*")) if PACKAGE.fullmatch(each.name)}
    return {name: path for name, path in found.items() if (path / "name").exists() and _is_package(path)}


def _is_package(path: Path) -> bool:
    """Tell a package from `psys`, which counts the packages again with the board around them."""
    return word(path / "name").startswith("package")
