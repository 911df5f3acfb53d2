"""The model: what the board draws idle, and what it draws active, by how busy its processors were.

An estimate, and marked so: it knows the processors and nothing else. It is better than the active draw for a stage
that mostly waits for a sensor, and worse than any instrument.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from boards.meters.integral import Counter
from boards.meters.reading import Joulemeter
from boards.meters.sysfs import word
from node.errors import HardwareError
from node.hal import Quality, Scope
from node.options import option

if TYPE_CHECKING:
    from boards.meters import Machine

WAITING: Final = (3, 4)  # proc(5): idle and iowait; guest time is inside user time already
COUNTED: Final = 8  # user nice system idle iowait irq softirq steal


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What is modelled."""

    scope: Scope = option("what the board's figures are for", default="input")


class Model(Joulemeter):
    """Jiffies times milliwatts. They stand still in suspend, which is why naps are booked by the board's states."""

    quality: ClassVar[Quality] = "estimate"
    accuracy: ClassVar[float] = 0.5  # the board's figures themselves are rarely better known

    def __init__(self, params: Params, machine: Machine) -> None:
        """Take the two figures from the board.

        Raises:
            HardwareError: the board does not say what it draws.
        """
        super().__init__(machine.clock_s, params.scope)
        idle = machine.states.get("idle") or machine.states.get("light")
        if idle is None or "active" not in machine.states:
            raise HardwareError("the board says no draw for active and idle")
        self._idle_mw = idle.power_mw
        self._active_mw = machine.states["active"].power_mw
        self._path = machine.root / "proc/stat"

    def counts_mj(self) -> dict[str, float]:
        """Return what the whole machine has drawn since its boot, after the model."""
        lines = word(self._path).splitlines()
        jiffies = [int(each) for each in lines[0].split()[1 : COUNTED + 1]] if lines else []
        cores = sum(each.startswith("cpu") for each in lines) - 1
        if len(jiffies) < COUNTED or cores < 1:
            raise HardwareError(f"{self._path}: expected the cpu lines of proc(5)")
        waited = sum(jiffies[each] for each in WAITING)
        drawn = (sum(jiffies) - waited) * self._active_mw + waited * self._idle_mw
        return {"machine": drawn / cores / os.sysconf("SC_CLK_TCK")}

    def counter(self, name: str) -> Counter:
        """Follow the one count."""
        del name
        return Counter(most_mw=2 * self._active_mw, accuracy=self.accuracy, step_mj=self._active_mw / 100)
