"""What the sun is expected to bring (pure): for each hour of the day, a mean of the past days that forgets.

Kansal, Hsu, Zahedi and Srivastava 2007, "Power management in energy harvesting sensor networks", ACM TECS 6(4), 5.1:
an exponentially weighted moving average for each slot of the day, which is the season's but not the morrow's weather.
A forecast from the gateway, where there is one, says how much a day brings; the learnt slots say at which hours.

A harvest that nobody meters is what the battery gained and the node drew. A full battery gains nothing, whatever the
sun does: such an hour is believed to bring at least a little more than was known, day after day, until the node lives
so fast that the battery is no longer full and the balance tells the truth again. Without that a node that once began
slowly would spill the sun for ever and never know.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

SLOTS: Final = 24
SLOT_S: Final = 86_400 // SLOTS
LEAST_DAY_MJ: Final = 1.0
"""A day below this was never really seen, and gives a forecast no hours to be spread over."""
PROBE: Final = 1.1
"""What an hour that filled the battery is believed to bring, against what was known: the doubling takes a week."""


@dataclass(frozen=True, slots=True)
class Sun:
    """A usual day.

    Attributes:
        slots_mj: what each hour brings, from midnight UTC on; None where that hour was never seen.
    """

    slots_mj: tuple[float | None, ...] = (None,) * SLOTS

    def learn(self, slot: int, harvest_mj: float, *, weight: float, full: bool = False, curious: bool = True) -> Sun:
        """Return the day with one more hour in it.

        Args:
            slot: which hour, 0 to 23.
            harvest_mj: what it brought to the battery; what is no number changes nothing.
            weight: of this hour against all before it, 0 to 1; Kansal takes 0.5, a slower mean bears clouds better.
            full: the battery was full, and may have turned sun away.
            curious: to know more would change something; nobody lives on more sun than the fastest life takes.
        """
        if not isfinite(harvest_mj):
            return self
        known_mj = self.slots_mj[slot]
        if known_mj is not None:
            harvest_mj = known_mj + weight * (harvest_mj - known_mj)
        if known_mj is not None and full:
            harvest_mj = max(harvest_mj, known_mj * (PROBE if curious else 1.0))
        return Sun((*self.slots_mj[:slot], harvest_mj, *self.slots_mj[slot + 1 :]))

    def expect(self, slot: int, days: int, forecast_mj: Sequence[float] = ()) -> tuple[float, ...]:
        """Return what each of the coming hours brings, none below 0.

        Args:
            slot: the hour that begins now.
            days: how far ahead.
            forecast_mj: what whole days bring, today first; days beyond it, or of no number, are usual ones.
        """
        usual_mj = [max(each or 0.0, 0.0) for each in self.slots_mj]
        day_mj = sum(usual_mj)
        told_mj = [max(each, 0.0) if isfinite(each) else day_mj for each in forecast_mj]
        scales = [each / day_mj for each in told_mj] if day_mj >= LEAST_DAY_MJ else []
        hours = range(slot, slot + days * SLOTS)
        return tuple(usual_mj[i % SLOTS] * (scales[i // SLOTS] if i // SLOTS < len(scales) else 1.0) for i in hours)


def slot_at(wall_ms: int) -> int:
    """Return the hour of the day, by UTC: a slot needs no time zone, only the same one every day."""
    return wall_ms // (SLOT_S * 1000) % SLOTS


def forecast_mj(irradiation_wh_m2: float, *, panel_w: float, yielded: float) -> float:
    """Turn a day's forecast into what the panel brings.

    Args:
        irradiation_wh_m2: of the day, on the panel's plane, as weather services give it.
        panel_w: peak power; by the standard conditions it is given at 1000 W/m2 (IEC 61215).
        yielded: share that arrives in the battery after dirt, heat and converters, such as 0.7.

    >>> forecast_mj(3000.0, panel_w=5.0, yielded=0.7) / 3.6e6
    10.5
    """
    return irradiation_wh_m2 / 1000.0 * panel_w * yielded * 3.6e6
