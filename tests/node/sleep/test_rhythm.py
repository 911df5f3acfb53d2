"""The level and what it draws."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.sleep.rhythm import Cost, Limits, Rhythm, level_for

LIMITS = Limits(fastest_s=60.0, slowest_s=3600.0, eager_s=600.0, patient_s=21_600.0, models=("small", "large"))
COST = Cost(rest_mw=1.0, sample_mj=17_000.0, session_mj=5_000.0)
LEVELS = st.floats(allow_nan=False, allow_infinity=True)


@settings(deadline=None, max_examples=200)
@given(level=LEVELS)
def test_at_any_level_stays_within_the_limits(level: float) -> None:
    """No level, however wild, leaves the hard limits."""
    rhythm = LIMITS.at(level)
    assert 60.0 <= rhythm.period_s <= 3600.0
    assert 600.0 <= rhythm.interval_s <= 21_600.0
    assert rhythm.model in LIMITS.models
    assert rhythm.batch >= 1.0


@settings(deadline=None, max_examples=200)
@given(one=st.floats(0.0, 1.0), other=st.floats(0.0, 1.0))
def test_at_higher_level_is_faster_and_draws_more(one: float, other: float) -> None:
    """Nothing slows down when the level rises."""
    lower, higher = LIMITS.at(min(one, other)), LIMITS.at(max(one, other))
    assert lower.period_s >= higher.period_s
    assert lower.interval_s >= higher.interval_s
    assert LIMITS.models.index(lower.model) <= LIMITS.models.index(higher.model)
    assert COST.draw_mw(lower) <= COST.draw_mw(higher) + 1e-9


def test_at_both_ends_is_exactly_the_limits() -> None:
    """A policy that asks for 60 s gets 60 s."""
    assert LIMITS.at(0.0) == Rhythm(period_s=3600.0, interval_s=21_600.0, model="small")
    assert LIMITS.at(1.0) == Rhythm(period_s=60.0, interval_s=600.0, model="large")


@settings(deadline=None, max_examples=200)
@given(budget_mw=st.floats(allow_nan=True, allow_infinity=True))
def test_level_for_a_budget_draws_no_more_than_it(budget_mw: float) -> None:
    """The highest level that is borne; where none is, or the budget is no number, the slowest."""
    level = level_for(budget_mw, LIMITS, COST)
    drawn_mw = COST.draw_mw(LIMITS.at(level))
    if math.isnan(budget_mw) or budget_mw < COST.draw_mw(LIMITS.at(0.0)):
        assert level == 0.0
    else:
        assert drawn_mw <= budget_mw
        assert level == 1.0 or COST.draw_mw(LIMITS.at(level + 1e-6)) > budget_mw


@pytest.mark.parametrize(
    "bad", [{"fastest_s": 0.0}, {"fastest_s": 9999.0}, {"eager_s": math.nan}, {"patient_s": 1.0}, {"models": ()}]
)
def test_limits_that_are_no_range_are_refused(bad: dict[str, object]) -> None:
    """Limits that cross are told at once, by name."""
    good: dict[str, object] = {"fastest_s": 60.0, "slowest_s": 3600.0, "eager_s": 600.0, "patient_s": 21_600.0}
    with pytest.raises(ValueError, match=next(iter(bad))):
        Limits(**{**good, **bad})  # type: ignore[arg-type]
