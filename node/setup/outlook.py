"""What `check` prints of a sound configuration: a day's plan, and how long a battery lasts, with sun and without."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

from node.energy.plan import Rhythm, habit_of, plan
from node.hal import Conditions
from node.memory import forgets_nothing
from node.sleep import planner
from node.sleep.rest import Rest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from node.config import Config
    from node.energy.plan import Plan
    from node.hal import Ports, Radio
    from node.values import Nap


WORTH_SAYING: Final = 0.99
"""A gap that takes less than this share of what it takes here is told of."""


def planned(config: Config, ports: Ports, seen: Mapping[str, object]) -> str:
    """Return the plan for a day, as lines for a person.

    Args:
        config: the node's.
        ports: its board.
        seen: its `health.json`; empty before it has run.
    """
    desk = _Desk(config, ports, seen)
    day, nap = desk.day(config.sleep.period_s, config.transmit.interval_s), desk.nap(config.sleep.period_s)
    energy = ", ".join(f"{what} {joules:,.0f}" for what, joules in day.energy_j.items())
    life = "no battery given" if day.battery_days is None else f"{day.battery_days:.1f} days"
    lines = (
        f"the plan for a day on {ports.board.id} ({day.quality}: {_basis(day.quality)})",
        f"  samples        {day.samples:,.0f}",
        f"  records        {day.records:,.0f}",
        f"  transmissions  {day.transmissions:,.0f}",
        f"  payload        {day.bytes_a_day / 1000.0:,.1f} kB",
        f"  energy         {sum(day.energy_j.values()):,.0f} J ({energy})",
        f"  mean draw      {_figure(day.mean_mw)} mW",
        f"  sleeps in      {nap.state}: {nap.reason}",
        f"  radio          {_radio(desk.radio)}",
        f"  battery        {life}",
    )
    fitted = _fitted(config, desk)
    return "\n".join((*lines, *fitted, *_bent(config, desk, fitted=bool(fitted))))


def _fitted(config: Config, desk: _Desk) -> tuple[str, ...]:
    """Say what becomes of the day where all is there that this machine lacks, for a plan is often made at a desk."""
    here, there = (desk.nap(config.sleep.period_s, fitted=each) for each in (False, True))
    if there.energy_mj >= WORTH_SAYING * here.energy_mj:
        return ()
    day = desk.day(config.sleep.period_s, config.transmit.interval_s, fitted=True)
    lasts = "" if day.battery_days is None else f", {day.battery_days:.1f} days"
    return (
        f"  once fitted    sleeps in {there.state}: {day.mean_mw:,.3g} mW{lasts}, with all that this machine lacks",
    )


def _bent(config: Config, desk: _Desk, *, fitted: bool) -> tuple[str, ...]:
    """Say between what the battery bends the day, and what a poor day's sun is worth; here, or once all is fitted."""
    if config.energy is None:
        return ()
    from node.energy.means import fitting

    limits = fitting(config).limits
    fast, slow = (desk.day(each.period_s, each.interval_s, fitted=fitted) for each in (limits.at(1.0), limits.at(0.0)))
    sun_mw = (config.energy.panel_w or 0.0) * 1e3 * config.energy.yielded * config.energy.poor_day_h / 24.0
    samples = f"a sample every {limits.fastest_s:,.0f} to {limits.slowest_s:,.0f} s"
    sent = f"a transmission every {limits.at(1.0).interval_s:,.0f} to {limits.at(0.0).interval_s:,.0f} s"
    lines = (
        f"  between        {samples}, {sent}",
        f"  without sun    {_lasts(fast)} at the fastest, {_lasts(slow)} at the slowest"
        + (", once fitted" if fitted else ""),
    )
    if not sun_mw:
        return lines
    told = f"{_lasts(fast, sun_mw)} at the fastest, {_lasts(slow, sun_mw)} at the slowest"
    return *lines, f"  on poor days   the sun brings {_figure(sun_mw)} mW on the mean: {told}"


def _figure(number: float) -> str:
    """Write three digits that count, and no exponent.

    >>> _figure(2200.4), _figure(35.24)
    ('2,200', '35.2')
    """
    return f"{float(f'{number:.3g}'):,g}"


def _lasts(day: Plan, sun_mw: float = 0.0) -> str:
    """Say how long a full battery lasts."""
    if day.battery_days is None or day.mean_mw <= sun_mw:
        return "for ever"
    return f"{day.battery_days * day.mean_mw / (day.mean_mw - sun_mw):,.1f} days"


class _Desk:
    """Plans days as the node would live them on this machine, which need not be the one that it is meant for."""

    def __init__(self, config: Config, ports: Ports, seen: Mapping[str, object]) -> None:
        self.radio = ports.open_radio() if ports.open_radio else None
        self._config = config
        self._states = ports.board.states
        self._seen = seen
        self._rest = Rest(config.sleep, ports)

    def nap(self, period_s: float, *, fitted: bool = False) -> Nap:
        """Plan a period's gap: here, or where all is there that the board and its file speak of."""
        if fitted and period_s > 0.0:
            return planner.plan(period_s, self._states, self._ideal(), deepest=self._config.sleep.deepest)
        return self._rest.plan(period_s, memory_is_on_disk=forgets_nothing(self._config))

    def _ideal(self) -> Conditions:
        sleep = self._config.sleep
        reach_s = {"none": 0.0, "timer": sleep.timer_s}.get(sleep.controller, inf)
        return Conditions(
            wakers={"timer": inf, "rtc": planner.MAX_NAP_S, "controller": reach_s},
            holds=frozenset(self._held()),
            memory_is_on_disk=forgets_nothing(self._config),
            clock_is_sane=True,
        )

    def _held(self) -> Iterator[str]:
        """Yield what the board's states require, but for what the node's file does not ask for."""
        sleep = self._config.sleep
        for need in {need for state in self._states.values() for need in state.requires}:
            kind, _, what = need.partition(":")
            asked = {"saving": what in sleep.savings, "controller": sleep.controller != "none"}
            if asked.get(kind, True):
                yield need

    def day(self, period_s: float, interval_s: float, *, fitted: bool = False) -> Plan:
        """Plan a day at a rhythm; see `nap`."""
        config, nap = self._config, self.nap(period_s, fitted=fitted)
        joins = self._rest.silences(nap.state)
        habit = habit_of(self._seen, stays_connected=config.transmit.stays_connected, joins=joins)
        rhythm = Rhythm(period_s=period_s, interval_s=interval_s, battery_wh=config.node.battery_wh)
        nap_mw = nap.energy_mj / period_s if nap.duration_s else None
        return plan(rhythm, habit, self._states, radio=self.radio, nap_mw=nap_mw)


def _radio(radio: Radio | None) -> str:
    if radio is None:
        return "none of the board's is here: what it takes is not in the plan"
    return (
        f"{radio.name}, {radio.join.energy_mj:g} mJ to join, {1e3 * radio.sent_byte_mj:g} uJ a byte ({radio.quality})"
    )


def _basis(quality: str) -> str:
    return "from this node's own counters" if quality == "measured" else "assumptions, until the node has run"
