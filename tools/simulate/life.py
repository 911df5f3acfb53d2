"""A year of a station, hour by hour: sun, battery, and a mind that says how to live the next hour.

The mind is the node's own `node.sleep.thrift`, with its guard at boot; or a fixed rhythm, which has neither. Within an
hour sun and rhythm are steady. The battery is `boards.sim.cell`, whose gauge is exact but knows nothing of the cold.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from boards.sim.cell import Cell
from boards.sim.solar import Panel
from node.sleep import battery, guard, thrift

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.sleep.energy import Params
    from node.sleep.rhythm import Limits, Rhythm
    from tools.simulate.station import Size, Station
    from tools.simulate.weather import Hour

HOUR_S = 3600.0
MJ_A_WH = 3_600_000.0


@dataclass(slots=True)
class Life:
    """What became of it, an entry an hour.

    Attributes:
        share: state of charge at the hour's end.
        rate_h: samples in it.
        harvest_mw: what the panel could give.
        sessions: transmissions in it.
        used_mj: harvest that was used, over the year.
        spilled_mj: harvest that was turned away.
        brownouts: times that the protection cut.
        dark_h: hours without power.
    """

    share: list[float] = field(default_factory=list)
    rate_h: list[float] = field(default_factory=list)
    harvest_mw: list[float] = field(default_factory=list)
    sessions: float = 0.0
    used_mj: float = 0.0
    spilled_mj: float = 0.0
    brownouts: int = 0
    dark_h: float = 0.0

    @property
    def samples(self) -> float:
        """All of them."""
        return sum(self.rate_h)

    def between(self, first: int, last: int) -> Life:
        """Return the hours of a part of it, and no sums."""
        share, rate_h, harvest_mw = (each[first:last] for each in (self.share, self.rate_h, self.harvest_mw))
        return Life(share=share, rate_h=rate_h, harvest_mw=harvest_mw)


class Mind(Protocol):
    """Who decides."""

    def starts(self, share: float, *, browned_out: bool) -> bool:
        """Whether a node that is off, and could be on, goes on."""
        ...

    def rhythm(self, wall_ms: int, share: float, drawn_mj: float) -> Rhythm:
        """Return how to live the coming hour, after one in which so much was drawn."""
        ...


class Fixed:
    """Lives as ever, and starts whenever there is power."""

    def __init__(self, rhythm: Rhythm) -> None:
        """Keep it."""
        self._rhythm = rhythm

    def starts(self, share: float, *, browned_out: bool) -> bool:  # noqa: ARG002 - it does not look
        """Go on."""
        return True

    def rhythm(self, wall_ms: int, share: float, drawn_mj: float) -> Rhythm:  # noqa: ARG002 - as above
        """Return the one."""
        return self._rhythm


class Thrifty:
    """Lives by the node's own controller."""

    def __init__(self, station: Station, size: Size, limits: Limits, params: Params) -> None:
        """Know nothing of the sun yet."""
        cell = battery.Cell(capacity_mwh=size.battery_wh * 1e3)
        self._fitting = thrift.Fitting(cell=cell, limits=limits, params=params)
        self._cost = station.cost
        self._state = thrift.State()

    def starts(self, share: float, *, browned_out: bool) -> bool:
        """Ask the guard; an hour is longer than its longest wait."""
        charge = battery.gauged(battery.UNKNOWN, share)
        return guard.start(charge, waits=0, browned_out=browned_out).goes

    def rhythm(self, wall_ms: int, share: float, drawn_mj: float) -> Rhythm:
        """Take the hour in, and decide."""
        seen = thrift.Seen(wall_ms=wall_ms, drawn_mj=drawn_mj, gauge=share)
        self._state, decision = thrift.step(self._state, seen, self._fitting, self._cost)
        return decision.rhythm


def live(station: Station, size: Size, sky: Sequence[Hour], mind: Mind) -> Life:
    """Live through a year.

    Args:
        station: whose draw.
        size: panel and battery.
        sky: hour by hour.
        mind: who decides.
    """
    panel, cell, life = Panel(peak_w=size.panel_w), Cell(size.battery_wh * MJ_A_WH), Life()
    drawn_mj, runs = 0.0, True
    rhythm = mind.rhythm(0, cell.share(), 0.0)
    for i, hour in enumerate(sky):
        runs = cell.reconnect(hour.air_c) and (runs or mind.starts(cell.share(), browned_out=True))
        if runs and i:
            rhythm = mind.rhythm(round(i * HOUR_S * 1000), cell.share(), drawn_mj)
        load_mw = station.draw_mw(rhythm) if runs else 0.0
        harvest_mw = panel.power_mw(hour.irradiance_w_m2, hour.air_c)
        flow = cell.live(HOUR_S, harvest_mw=harvest_mw, load_mw=load_mw, air_c=hour.air_c)
        lived_s = flow.served * HOUR_S if runs else 0.0
        runs = runs and cell.connected
        drawn_mj = load_mw * lived_s
        life.share.append(cell.share())
        life.rate_h.append(lived_s / rhythm.period_s)
        life.harvest_mw.append(harvest_mw)
        life.sessions += lived_s / max(rhythm.interval_s, rhythm.period_s)
        life.used_mj += flow.used_mj
        life.spilled_mj += flow.spilled_mj
        life.dark_h += 1.0 - lived_s / HOUR_S
    life.brownouts = cell.cuts
    return life
