"""A Pi 5's rails, by the power management chip that the firmware reads: `vcgencmd pmic_read_adc`.

Twelve rails with a current and a voltage each. Their sum leaves out all that hangs at the 5 V (USB, HATs, the fan)
and the losses of the converters: rails, not the input. There is no count and no file, so it is sampled.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from boards.meters.reading import Wattmeter
from node.errors import HardwareError
from node.hal import Scope
from node.options import option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boards.meters import Machine

LINE: Final = re.compile(r"(\w+)_([AV])\s+(?:current|volt)\(\d+\)=(-?[0-9.]+)[AV]")
"""As `VDD_CORE_A current(7)=1.20544100A`, whose voltage is `VDD_CORE_V volt(15)=0.72058150V`."""
TIMEOUT_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """How it is asked."""

    scope: Scope = option("what is counted", default="rails")
    command: tuple[str, ...] = option("what prints the readings", default=("vcgencmd", "pmic_read_adc"))


class Rpi5Pmic(Wattmeter):
    """The sum of the rails."""

    accuracy: ClassVar[float] = 0.05  # of the chip's converter; Renesas publishes none for it
    resolution_mw: ClassVar[float] = 30.0  # about 1 mA of each rail

    def __init__(self, params: Params, machine: Machine) -> None:
        """Keep how to ask."""
        super().__init__(machine.clock_s, params.scope)
        self._command = params.command

    def power_mw(self) -> float:
        """Ask the firmware; W is V times A, rail by rail."""
        return sum(rails_mw(_said_by(self._command)).values())


def rails_mw(said: str) -> dict[str, float]:
    r"""Pair the currents and voltages of what was printed.

    Raises:
        HardwareError: a current has no voltage, or nothing was there to pair.

    >>> rails_mw("     3V3_SYS_A current(1)=0.0500A\n     3V3_SYS_V volt(9)=3.3000V\n     EXT5V_V volt(24)=5.1V")
    {'3V3_SYS': 165.0}
    """
    found = {(name, unit): float(value) for name, unit, value in LINE.findall(said)}
    currents_a = {name: value for (name, unit), value in found.items() if unit == "A"}
    lonely = [name for name in currents_a if (name, "V") not in found]
    if lonely or not currents_a:
        raise HardwareError(f"pmic_read_adc: no voltage for {', '.join(lonely) or 'anything'}: {said[:80]!r}")
    return {name: current_a * found[name, "V"] * 1e3 for name, current_a in currents_a.items()}


def _said_by(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)  # noqa: S603 - the operator names it
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HardwareError(f"{' '.join(command)}: {error}") from error
    if done.returncode:
        raise HardwareError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[:80]}")
    return done.stdout
