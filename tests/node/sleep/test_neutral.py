"""The energy-neutral controller: its limits, its order, and its calm."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.sleep.battery import UNKNOWN, Charge
from node.sleep.energy import Params
from node.sleep.neutral import Decision, Outlook, State, decide
from node.sleep.rhythm import Cost, Limits

LIMITS = Limits(fastest_s=60.0, slowest_s=3600.0, eager_s=600.0, patient_s=21_600.0)
COST = Cost(rest_mw=1.0, sample_mj=17_000.0, session_mj=5_000.0)
CAPACITY_MJ = 3.0 * 3.6e6
BRIGHT = tuple(500_000.0 if 8 <= hour % 24 < 16 else 0.0 for hour in range(72))

SHARES = st.floats(0.0, 1.0)
STATES = st.builds(
    State,
    budget_mw=st.none() | st.floats(0.0, 1e4),
    level=st.floats(0.0, 1.0),
    saving=st.booleans(),
)
SUNS = st.lists(st.floats(0.0, 1e7), min_size=0, max_size=72)


def charge(share: float, error: float = 0.0) -> Charge:
    """What a gauge would say."""
    return Charge(share=share, error=error, witness="gauge", reason="test")


def outlook(share: float, sun_mj: object = BRIGHT) -> Outlook:
    """A battery and a sun."""
    return Outlook(charge=charge(share), capacity_mj=CAPACITY_MJ, sun_mj=sun_mj)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=200)
@given(state=STATES, share=SHARES, error=SHARES, sun_mj=SUNS)
def test_decide_anything_stays_within_the_limits(state: State, share: float, error: float, sun_mj: list[float]) -> None:
    """Whatever was remembered, seen or expected, no rhythm leaves the hard limits."""
    seen = Outlook(charge=charge(share, error), capacity_mj=CAPACITY_MJ, sun_mj=sun_mj)
    after, decision = decide(state, seen, LIMITS, COST)
    assert 60.0 <= decision.rhythm.period_s <= 3600.0
    assert 600.0 <= decision.rhythm.interval_s <= 21_600.0
    assert 0.0 <= decision.level <= 1.0
    assert after.level == decision.level
    assert decision.reason


@settings(deadline=None, max_examples=200)
@given(state=STATES, one=SHARES, other=SHARES, sun_mj=SUNS)
def test_decide_fuller_battery_is_never_slower(state: State, one: float, other: float, sun_mj: list[float]) -> None:
    """From the same state, under the same sun, more charge never gives a longer period."""
    emptier = decide(state, outlook(min(one, other), sun_mj), LIMITS, COST)[1]
    fuller = decide(state, outlook(max(one, other), sun_mj), LIMITS, COST)[1]
    assert fuller.rhythm.period_s <= emptier.rhythm.period_s
    assert fuller.budget_mw >= emptier.budget_mw


@settings(deadline=None, max_examples=100)
@given(state=STATES, share=SHARES, sun_mj=SUNS)
def test_decide_brighter_sun_is_never_slower(state: State, share: float, sun_mj: list[float]) -> None:
    """From the same state and charge, twice the sun never gives a longer period."""
    dull = decide(state, outlook(share, sun_mj), LIMITS, COST)[1]
    bright = decide(state, outlook(share, [2.0 * each for each in sun_mj]), LIMITS, COST)[1]
    assert bright.rhythm.period_s <= dull.rhythm.period_s


def test_decide_unknown_charge_is_the_slowest_with_the_reason() -> None:
    """No gauge, no count, no voltage: the safe side, told to a person."""
    seen = Outlook(charge=UNKNOWN, capacity_mj=CAPACITY_MJ, sun_mj=BRIGHT)
    decision = decide(State(level=1.0, budget_mw=1e3), seen, LIMITS, COST)[1]
    assert decision.rhythm == LIMITS.at(0.0)
    assert "taken as empty" in decision.reason


def test_decide_sun_that_is_no_number_is_survived_at_the_slowest() -> None:
    """NaN anywhere ends at the slowest rhythm, not in an exception or at full speed."""
    decision = decide(State(), outlook(0.9, (math.nan,) * 72), LIMITS, COST)[1]
    assert decision.rhythm == LIMITS.at(0.0)


def live(shares: list[float], params: Params) -> list[Decision]:
    """Decide hour after hour on a battery that says this."""
    state, decisions = State(), []
    for share in shares:
        state, decision = decide(state, outlook(share), LIMITS, COST, params)
        decisions.append(decision)
    return decisions


def flaps(decisions: list[Decision]) -> int:
    """Count the changes between the slowest rhythm and any other."""
    slowest = [each.level == 0.0 for each in decisions]
    return sum(one != other for one, other in pairwise(slowest))


def test_decide_charge_that_trembles_at_the_reserve_does_not_flap() -> None:
    """Once saving, the node saves until there is a margin; without the margin it would come and go (the control)."""
    trembling = [0.36, *(0.30 + 0.02 * (-1) ** hour for hour in range(48))]
    assert flaps(live(trembling, Params(smoothing=1.0))) == 1
    assert flaps(live(trembling, Params(smoothing=1.0, margin=0.0))) > 20


def test_decide_charge_that_trembles_higher_up_leaves_the_level_alone() -> None:
    """Small ups and downs of the charge move the level once, not hourly; without the step they would (the control)."""
    trembling = [0.6 + 0.002 * (-1) ** hour for hour in range(48)]
    calm = {round(each.level, 9) for each in live(trembling, Params(smoothing=1.0, step=0.05))[2:]}
    restless = {round(each.level, 9) for each in live(trembling, Params(smoothing=1.0, step=0.0))[2:]}
    assert len(calm) == 1
    assert len(restless) > 1


def test_decide_smoothing_makes_the_rate_steadier() -> None:
    """A charge that swings by the day is followed by less than it swings."""
    swinging = [0.7 + 0.1 * math.sin(hour / 24.0 * 2.0 * math.pi) for hour in range(240)]

    def swing(smoothing: float) -> float:
        levels = [each.level for each in live(swinging, Params(smoothing=smoothing))[120:]]
        return max(levels) - min(levels)

    assert swing(0.02) < swing(1.0) / 2.0


def test_decide_ceiling_keeps_the_reserve_through_a_night() -> None:
    """A draw at the budget, hour by hour, under the part of the sun that is counted on, never touches the reserve."""
    params = Params()
    decision = decide(State(budget_mw=1e6), outlook(0.9), LIMITS, COST, params)[1]
    stored_mj = 0.9 * CAPACITY_MJ
    for sun_mj in BRIGHT:
        stored_mj += params.caution * sun_mj - decision.budget_mw * 3600.0
        assert stored_mj >= params.reserve * CAPACITY_MJ - 1.0


@pytest.mark.parametrize("bad", [{"reserve": 0.9}, {"smoothing": 0.0}, {"caution": 1.5}, {"days": 0}, {"weight": 2.0}])
def test_params_that_make_no_sense_are_refused(bad: dict[str, float]) -> None:
    """A reserve above the target, a share that is none, no days: told at once."""
    with pytest.raises(ValueError, match=r"reserve|shares|days"):
        Params(**bad)  # type: ignore[arg-type]
