"""What a panel brought in an hour, from looks at its power now and then (pure).

A node looks when it is awake anyway, once a cycle. Between two looks lies a straight line, also over a halt: clouds
are what it misses, and they cancel over an hour more than a battery's gauge is coarse. A look that failed breaks the
line, and what was not seen is unknown, never dark: an hour of which too much is missing is learnt from the balance of
the battery instead, as all hours are where nobody meters the panel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from typing import Final

LONGEST_S: Final = 4500.0
"""A straight line over more than this tells nothing; samples are at most an hour apart."""
MOSTLY: Final = 0.8
"""Share of an hour that must have been seen, for the rest to be taken as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """What was seen since the last hour was taken.

    Attributes:
        wall_ms: of the last look; None before the first.
        power_mw: what it saw; None for a look that failed.
        energy_mj: over the time that was seen.
        seen_s: that time.
    """

    wall_ms: int | None = None
    power_mw: float | None = None
    energy_mj: float = 0.0
    seen_s: float = 0.0

    def look(self, wall_ms: int, power_mw: float | None) -> Harvest:
        """Return it with another look.

        Args:
            wall_ms: when.
            power_mw: None for one that failed. A panel takes nothing: less than zero is an offset at night.
        """
        power_mw = max(power_mw, 0.0) if power_mw is not None and isfinite(power_mw) else None
        step_s = 0.0 if self.wall_ms is None else (wall_ms - self.wall_ms) / 1e3
        looked = replace(self, wall_ms=wall_ms, power_mw=power_mw)
        if self.power_mw is None or power_mw is None or not 0.0 < step_s <= LONGEST_S:
            return looked
        energy_mj = self.energy_mj + (self.power_mw + power_mw) / 2.0 * step_s
        return replace(looked, energy_mj=energy_mj, seen_s=self.seen_s + step_s)

    def over(self, span_s: float) -> float | None:
        """Return what a span brought that ends now, in mJ; None where too little of it was seen.

        >>> Harvest(energy_mj=90.0, seen_s=90.0).over(100.0), Harvest(energy_mj=70.0, seen_s=70.0).over(100.0)
        (100.0, None)
        """
        if span_s <= 0.0 or self.seen_s < MOSTLY * span_s:
            return None
        return self.energy_mj / self.seen_s * span_s

    def anew(self) -> Harvest:
        """Return it for the next span; the last look is where that begins."""
        return Harvest(wall_ms=self.wall_ms, power_mw=self.power_mw)
