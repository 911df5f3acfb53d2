"""Energy-neutral operation (pure): live on what the sun brings, and keep a reserve for when it does not.

Kansal et al. 2007 (ACM TECS 6(4)) call a node energy-neutral that draws over a day what it harvests. The budget here is
the constant draw that would leave the battery at its target after some days of the expected sun. To that are added:

* A ceiling: the largest constant draw that never lets the battery fall below its reserve at any hour of these days,
  were the sun only a part of what is expected. It holds at once; it is what prevents brown-outs.
* Smoothing, after Vigorito, Ganesan and Barto 2007 (SECON, "Adaptive control of duty cycling in energy-harvesting
  wireless sensor networks"): a steady rate is worth more than a high one, so the budget follows slowly.
* Hysteresis: below the reserve the node lives at its slowest until the battery has a margin above it, and the level
  rises in steps only. What falls, falls at once.

It cannot conjure: where the sun brings less than the slowest life draws, for longer than the battery lasts, a node goes
dark, and `guard` brings it back. Only a larger battery, a longer slowest period or a higher target help against that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import isfinite

from node.sleep.battery import Charge
from node.sleep.energy import Params
from node.sleep.rhythm import Cost, Limits, Rhythm, level_for
from node.sleep.sun import SLOT_S


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is remembered from hour to hour.

    Attributes:
        budget_mw: smoothed; None before the first hour.
        level: as it is lived.
        saving: below the reserve, and not yet back above its margin.
    """

    budget_mw: float | None = None
    level: float = 0.0
    saving: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How to live for the coming hour.

    Attributes:
        level: 0 slowest to 1 fastest.
        rhythm: what that is within the limits.
        budget_mw: what may be drawn.
        reason: for a person.
    """

    level: float
    rhythm: Rhythm
    budget_mw: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is known at the hour.

    Attributes:
        charge: of the battery.
        capacity_mj: of the battery when full.
        sun_mj: what each coming hour is expected to bring; empty for none.
    """

    charge: Charge
    capacity_mj: float
    sun_mj: Sequence[float]


def decide(
    state: State,
    outlook: Outlook,
    limits: Limits,
    cost: Cost,
    params: Params = Params(),  # noqa: B008 - frozen
) -> tuple[State, Decision]:
    """Decide for the coming hour.

    Args:
        state: of the last hour.
        outlook: what is known.
        limits: what is never left.
        cost: what a life draws.
        params: how careful to be.
    """
    sure = outlook.charge.sure
    saving = sure < params.reserve + (params.margin if state.saving else 0.0)
    ceiling_mw = _ceiling_mw(outlook, params)
    budget_mw = min(_smoothed_mw(state, _neutral_mw(outlook, params), params), ceiling_mw)
    budget_mw = max(budget_mw, 0.0) if isfinite(budget_mw) else 0.0
    bearable = 0.0 if saving else level_for(budget_mw, limits, cost)
    level = bearable if _moves(state.level, bearable, params.step) else state.level
    reason = _reason(outlook.charge, params, budget_mw, saving=saving, held=budget_mw >= ceiling_mw)
    after = State(budget_mw=budget_mw, level=level, saving=saving)
    return after, Decision(level=level, rhythm=limits.at(level), budget_mw=budget_mw, reason=reason)


def _neutral_mw(outlook: Outlook, params: Params) -> float:
    """Return the constant draw that ends at the target; mJ / s is mW."""
    surplus_mj = (outlook.charge.sure - params.target) * outlook.capacity_mj
    return (surplus_mj + sum(outlook.sun_mj)) / (params.days * 86_400.0)


def _ceiling_mw(outlook: Outlook, params: Params) -> float:
    """Return the largest constant draw that stays above the reserve at every hour ahead."""
    spare_mj = (outlook.charge.sure - params.reserve) * outlook.capacity_mj
    brought = accumulate(outlook.sun_mj or (0.0,) * params.days * (86_400 // SLOT_S))
    return min((spare_mj + params.caution * sun_mj) / (hour * SLOT_S) for hour, sun_mj in enumerate(brought, start=1))


def _smoothed_mw(state: State, neutral_mw: float, params: Params) -> float:
    if state.budget_mw is None:
        return neutral_mw
    return state.budget_mw + params.smoothing * (neutral_mw - state.budget_mw)


def _moves(level: float, bearable: float, step: float) -> bool:
    """Whether a level is left for a new one: down at once, up only by a step or to the top."""
    return bearable < level or bearable >= min(level + step, 1.0)


def _reason(charge: Charge, params: Params, budget_mw: float, *, saving: bool, held: bool) -> str:
    if charge.witness == "none":
        return f"slowest: {charge.reason}"
    if saving:
        return f"slowest: {charge.sure:.0%} for sure, until {params.reserve + params.margin:.0%}; {charge.reason}"
    why = "the reserve would be touched by more" if held else f"neutral over {params.days} days"
    return f"{budget_mw:.1f} mW: {why}; {charge.reason}"
