"""Living within one's means (pure): from what was seen in an hour to how the next one is lived.

This is the one place where the battery, the expected sun and the controller meet. It is stepped once an hour with what
the node saw, and its state is plain data that survives a restart.

A harvest that no meter counts is taken from the balance: what the battery gained, by its gauge, and what the node drew.
Without a gauge the expected sun is counted in, and all of it may be wrong, until a voltage at rest mends it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import isfinite
from typing import Any, Final, cast

from node.sleep import neutral
from node.sleep.battery import UNKNOWN, Cell, Charge, counted, doubt, gauged, rested
from node.sleep.discharge import LITHIUM_COBALT, UNKNOWN_CHEMISTRY
from node.sleep.energy import DAY_S, LONGEST_S, Params
from node.sleep.neutral import Decision, Outlook, decide
from node.sleep.rhythm import Cost, Limits
from node.sleep.sun import SLOT_S, SLOTS, Sun, slot_at

FULL: Final = 0.97
"""From here on a charger turns sun away, or may."""
TOO_SHORT_S: Final = 1800.0
TOO_LONG_S: Final = 5400.0
"""Between these a step is one of an hour."""
MOST_SUN: Final = 3.0
"""Days of the fastest life that one day is believed to bring at most: the ceiling counts on a part of it only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """What does not change while a node runs.

    Attributes:
        cell: the battery.
        limits: what no rhythm leaves.
        params: how careful to be.
    """

    cell: Cell
    limits: Limits
    params: Params = field(default_factory=Params)


BEND: Final = 10.0
"""How many times slower than at its fastest a node lives at its slowest, unless it is told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a node would live if energy were free.

    Attributes:
        period_s: from sample to sample.
        interval_s: from transmission to transmission.
        even: samples must stay evenly spaced: the period is not bent.
        models: variants, the thriftiest first.
    """

    period_s: float
    interval_s: float
    even: bool = False
    models: tuple[str, ...] = ("",)


def fitted(params: Params, battery_wh: float, wish: Wish) -> Fitting:
    """Fit the controller to a node.

    Args:
        params: as configured.
        battery_wh: what the battery holds.
        wish: what the limits are taken from where none are given.

    Raises:
        ValueError: the limits are no ranges; the message says which.
    """
    fastest_s = wish.period_s if wish.even else params.fastest_s or wish.period_s
    slowest_s = params.slowest_s or min(BEND * fastest_s, max(LONGEST_S, fastest_s))
    eager_s = params.eager_s or max(wish.interval_s, fastest_s)
    limits = Limits(
        fastest_s=fastest_s,
        slowest_s=fastest_s if wish.even else slowest_s,
        eager_s=eager_s,
        patient_s=params.patient_s or min(BEND * eager_s, max(DAY_S, eager_s)),
        most_batch=params.most_batch,
        models=wish.models,
    )
    if limits.slowest_s > LONGEST_S:
        raise ValueError(f"a period of {limits.slowest_s:g} s is longer than an hour, by which the sun is learnt")
    curve = UNKNOWN_CHEMISTRY if params.chemistry == "other" else LITHIUM_COBALT
    return Fitting(cell=Cell(capacity_mwh=battery_wh * 1e3, curve=curve), limits=limits, params=params)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is remembered from hour to hour.

    Attributes:
        charge: of the battery.
        sun: a usual day.
        control: the controller's own.
        wall_ms: when it was stepped last; None for never.
    """

    charge: Charge = UNKNOWN
    sun: Sun = field(default_factory=Sun)
    control: neutral.State = field(default_factory=neutral.State)
    wall_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An hour, as the node saw it; None for what it did not see.

    Attributes:
        wall_ms: its end, which is now.
        drawn_mj: what the node drew in it, after its ledger.
        gauge: state of charge by a gauge, 0 to 1.
        harvest_mj: what arrived from the panel, by a meter.
        rest_mv: one cell's voltage, where it has rested.
        forecast_mj: what whole days bring, today first; see `sun.forecast_mj`.
    """

    wall_ms: int
    drawn_mj: float
    gauge: float | None = None
    harvest_mj: float | None = None
    rest_mv: float | None = None
    forecast_mj: Sequence[float] = ()


def first(params: Params) -> State:
    """Return what is known at the very first start: nothing, or the operator's word, which may be a tenth off."""
    if params.counted_from is None:
        return State()
    return State(charge=Charge(share=params.counted_from, error=0.1, witness="count", reason="the operator said so"))


def step(state: State, seen: Seen, fitting: Fitting, cost: Cost) -> tuple[State, Decision]:
    """Take an hour in, and decide for the next.

    Args:
        state: of the last hour.
        seen: this hour.
        fitting: battery, limits, care.
        cost: what a life draws, as far as it is known by now.
    """
    params, capacity_mj = fitting.params, fitting.cell.capacity_mj
    charge = _charge(state, seen, fitting.cell)
    sun = _sun(state, seen, charge, fitting, MOST_SUN * 86_400.0 * cost.draw_mw(fitting.limits.at(1.0)))
    expected_mj = sun.expect((_past(seen) + 1) % SLOTS, params.days, seen.forecast_mj)
    outlook = Outlook(charge=charge, capacity_mj=capacity_mj, sun_mj=expected_mj)
    control, decision = decide(state.control, outlook, fitting.limits, cost, params)
    return State(charge=charge, sun=sun, control=control, wall_ms=seen.wall_ms), decision


def memory(state: State) -> dict[str, object]:
    """Return what must survive a restart, as plain data for `recall`."""
    return {
        "charge": asdict(state.charge),
        "sun_mj": list(state.sun.slots_mj),
        "control": asdict(state.control),
        "wall_ms": state.wall_ms,
    }


def recall(kept: Mapping[str, object]) -> State:
    """Take up what an earlier start left; what is not of this shape is left where it is, and a node starts anew.

    >>> recall(memory(State())) == State()
    True
    >>> recall({"sun_mj": "rain"}) == State()
    True
    """
    try:
        charge = Charge(**cast("dict[str, Any]", kept["charge"]))
        slots_mj = [None if each is None else float(each) for each in cast("Sequence[float | None]", kept["sun_mj"])]
        control = neutral.State(**cast("dict[str, Any]", kept["control"]))
        wall_ms = cast("int | None", kept["wall_ms"])
    except (KeyError, TypeError, ValueError):
        return State()
    if len(slots_mj) != SLOTS or not isfinite(charge.share + charge.error + (control.budget_mw or 0.0)):
        return State()
    return State(charge=charge, sun=Sun(tuple(slots_mj)), control=control, wall_ms=wall_ms)


def _past(seen: Seen) -> int:
    """Return the hour of the day that was just lived: half an hour ago it was that, even if the step is a bit early."""
    return slot_at(seen.wall_ms - SLOT_S * 500)


def _charge(state: State, seen: Seen, cell: Cell) -> Charge:
    """Hear the witnesses, the best first."""
    doubted = doubt(seen.gauge)
    if not doubted:
        return gauged(state.charge, seen.gauge)
    guess_mj = max(state.sun.slots_mj[_past(seen)] or 0.0, 0.0) if seen.harvest_mj is None else 0.0
    gained_mj = (guess_mj if seen.harvest_mj is None else seen.harvest_mj) - seen.drawn_mj
    charge = counted(state.charge, cell, gained_mj, error_mj=guess_mj)
    if seen.rest_mv is not None:
        charge = rested(charge, cell, seen.rest_mv)
    return replace(charge, reason=f"{doubted}; {charge.reason}")


def _sun(state: State, seen: Seen, charge: Charge, fitting: Fitting, most_mj: float) -> Sun:
    """Learn the hour, where it is known what it brought; of a day, no more than `most_mj` is dreamt of.

    A node that was off, or whose clock jumped, does not know which hour brought what, and learns nothing from it.
    """
    past, span_s = _past(seen), (seen.wall_ms - (state.wall_ms or 0)) / 1e3
    if not TOO_SHORT_S <= span_s <= TOO_LONG_S:
        return state.sun
    harvest_mj = seen.harvest_mj
    if harvest_mj is None and charge.witness == state.charge.witness == "gauge":
        harvest_mj = (charge.share - state.charge.share) * fitting.cell.capacity_mj + seen.drawn_mj
    if harvest_mj is None:
        return state.sun
    full, curious = charge.share >= FULL, sum(state.sun.expect(0, 1)) < most_mj
    hour_mj = harvest_mj * SLOT_S / span_s
    return state.sun.learn(past, hour_mj, weight=fitting.params.weight, full=full, curious=curious)
