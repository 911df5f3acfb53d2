"""Cell: a lithium battery that a laptop plays, with the protection that cuts a node off and lets it back.

It loses some of each charge, gives less when it is cold, takes no charge below freezing, and turns sun away when full.
A node that asks for more than there is browns out: the protection cuts, and connects again once there is a margin.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from node.hal import GaugeReading

COLD: Final = ((-40.0, 0.5), (-20.0, 0.7), (-10.0, 0.82), (0.0, 0.9), (10.0, 0.96), (25.0, 1.0))
"""Share of the capacity that can be had at a temperature. An estimate, typical of lithium-ion datasheets at C/5."""
CHARGED: Final = 0.95
"""Share of what is put in that comes out again: an estimate for slow charging."""
CHARGES_FROM_C: Final = 0.0
"""Lithium plates on the anode below: every charger with a thermistor stops there (JEITA)."""
CONNECTS_AT: Final = 0.1
"""Share that can be had at which a cut battery is connected again; an estimate for small chargers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What became of some time.

    Attributes:
        served: share of it in which the node was fed.
        used_mj: harvest that fed the node or the battery, the charging's own losses included.
        spilled_mj: harvest that was turned away.
    """

    served: float
    used_mj: float
    spilled_mj: float


class Cell:
    """The battery, which is its own gauge. Time passes only when it is told so."""

    def __init__(self, capacity_mj: float, share: float = 0.6) -> None:
        """Start partly charged.

        Args:
            capacity_mj: what it holds at 25 degrees.
            share: of that, at the start.
        """
        self.capacity_mj = capacity_mj
        self.stored_mj = capacity_mj * share
        self.connected = True
        self.cuts = 0

    def share(self) -> float:
        """What a gauge says, 0 to 1: it knows nothing of the cold."""
        return self.stored_mj / self.capacity_mj

    def read(self) -> GaugeReading:
        """Answer as a gauge by the count does: a share, no voltage."""
        return GaugeReading(share=self.share())

    def at_hand_mj(self, air_c: float) -> float:
        """What can be had at a temperature."""
        return max(self.stored_mj - (1.0 - warm_share(air_c)) * self.capacity_mj, 0.0)

    def reconnect(self, air_c: float) -> bool:
        """Connect the node again where there is a margin; says whether it is connected."""
        self.connected = self.connected or self.at_hand_mj(air_c) >= CONNECTS_AT * self.capacity_mj
        return self.connected

    def live(self, seconds: float, *, harvest_mw: float, load_mw: float, air_c: float) -> Flow:
        """Let time pass in which sun and node are steady.

        Args:
            seconds: how long.
            harvest_mw: from the panel, behind its charger.
            load_mw: what the node draws while it is fed; nothing flows to a node that is cut off.
            air_c: temperature.
        """
        load_mw = load_mw if self.connected else 0.0
        surplus_mj = (harvest_mw - load_mw) * seconds
        if surplus_mj >= 0.0:
            spilled_mj = surplus_mj - self._charge(surplus_mj, air_c)
            served = 1.0 if self.connected else 0.0
            return Flow(served=served, used_mj=harvest_mw * seconds - spilled_mj, spilled_mj=spilled_mj)
        missing_mj, at_hand_mj = -surplus_mj, self.at_hand_mj(air_c)
        self.stored_mj -= min(missing_mj, at_hand_mj)
        if missing_mj <= at_hand_mj:
            return Flow(served=1.0, used_mj=harvest_mw * seconds, spilled_mj=0.0)
        self.connected = False
        self.cuts += 1
        served = at_hand_mj / missing_mj
        rest_mj = harvest_mw * seconds * (1.0 - served)
        spilled_mj = rest_mj - self._charge(rest_mj, air_c)
        return Flow(served=served, used_mj=harvest_mw * seconds - spilled_mj, spilled_mj=spilled_mj)

    def _charge(self, energy_mj: float, air_c: float) -> float:
        """Take in what fits; returns what was taken, its loss included."""
        if air_c < CHARGES_FROM_C:
            return 0.0
        taken_mj = min(energy_mj, (self.capacity_mj - self.stored_mj) / CHARGED)
        self.stored_mj += taken_mj * CHARGED
        return taken_mj


def warm_share(air_c: float) -> float:
    """Return the share of the capacity that can be had at a temperature.

    >>> warm_share(-5.0), warm_share(40.0), warm_share(-50.0)
    (0.86, 1.0, 0.5)
    """
    if air_c <= COLD[0][0]:
        return COLD[0][1]
    for (low_c, low), (high_c, high) in pairwise(COLD):
        if air_c <= high_c:
            return low + (high - low) * (air_c - low_c) / (high_c - low_c)
    return COLD[-1][1]
