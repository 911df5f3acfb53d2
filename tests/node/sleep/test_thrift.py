"""Battery, sun and controller, together: an hour in, a rhythm out."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.sleep.battery import Cell
from node.sleep.energy import Params
from node.sleep.rhythm import Cost, Limits
from node.sleep.thrift import Fitting, Seen, State, memory, recall, step

HOUR_MS = 3_600_000
LIMITS = Limits(fastest_s=60.0, slowest_s=3600.0, eager_s=600.0, patient_s=21_600.0)
COST = Cost(rest_mw=1.0, sample_mj=17_000.0, session_mj=5_000.0)
CELL = Cell(capacity_mwh=3000.0)
FITTING = Fitting(cell=CELL, limits=LIMITS)
NOON_MJ = 900_000.0
ANY = st.none() | st.floats(allow_nan=True, allow_infinity=True)


def test_step_with_a_gauge_alone_learns_the_sun_from_the_balance() -> None:
    """What the battery gained, and the node drew, came from the panel."""
    state, share = State(), 0.5
    for hour in range(1, 49):
        harvest_mj = NOON_MJ if (hour - 1) % 24 == 12 else 0.0
        share += (harvest_mj - 30_000.0) / CELL.capacity_mj
        state, _ = step(state, Seen(wall_ms=hour * HOUR_MS, drawn_mj=30_000.0, gauge=share), FITTING, COST)
    assert state.sun.slots_mj[12] == pytest.approx(NOON_MJ)
    assert state.sun.slots_mj[3] == pytest.approx(0.0, abs=1e-3)


def test_step_after_a_gap_learns_nothing_from_it() -> None:
    """What ten hours brought together is not what one of them brings."""
    state, _ = step(State(), Seen(wall_ms=0, drawn_mj=0.0, gauge=0.3), FITTING, COST)
    state, _ = step(state, Seen(wall_ms=10 * HOUR_MS, drawn_mj=0.0, gauge=0.8), FITTING, COST)
    assert set(state.sun.slots_mj) == {None}
    state, _ = step(state, Seen(wall_ms=11 * HOUR_MS, drawn_mj=0.0, gauge=0.9), FITTING, COST)
    assert state.sun.slots_mj[10] == pytest.approx(0.1 * CELL.capacity_mj)


@pytest.mark.parametrize("late_ms", [-2000, 0, 2000])
def test_step_a_bit_early_or_late_learns_the_hour_that_was_lived(late_ms: int) -> None:
    """Noon is noon, whether its end is seen at 12:59:58 or at 13:00:02."""
    state, _ = step(State(), Seen(wall_ms=12 * HOUR_MS, drawn_mj=0.0, gauge=0.5), FITTING, COST)
    seen = Seen(wall_ms=13 * HOUR_MS + late_ms, drawn_mj=0.0, gauge=0.5, harvest_mj=NOON_MJ)
    state, _ = step(state, seen, FITTING, COST)
    assert [slot for slot, energy_mj in enumerate(state.sun.slots_mj) if energy_mj is not None] == [12]


def test_step_gauge_that_breaks_is_counted_on_from_its_last_word() -> None:
    """The count goes on, the doubt grows, and the reason says that the gauge is gone."""
    state, _ = step(State(), Seen(wall_ms=0, drawn_mj=0.0, gauge=0.8), FITTING, COST)
    before = state.charge
    for hour in range(1, 6):
        seen = Seen(wall_ms=hour * HOUR_MS, drawn_mj=0.02 * CELL.capacity_mj, gauge=math.nan, harvest_mj=0.0)
        state, decision = step(state, seen, FITTING, COST)
    assert state.charge.share == pytest.approx(0.7, abs=0.01)
    assert state.charge.error > before.error
    assert "the gauge said nan" in decision.reason


def test_step_without_any_witness_lives_at_the_slowest() -> None:
    """No gauge, no voltage, ever: the safe side."""
    state = State()
    for hour in range(48):
        state, decision = step(state, Seen(wall_ms=hour * HOUR_MS, drawn_mj=1e4), FITTING, COST)
        assert decision.rhythm == LIMITS.at(0.0)


def test_step_with_voltages_at_rest_needs_no_gauge() -> None:
    """A voltage in the night is enough for a charge that is known to a few points."""
    seen = Seen(wall_ms=HOUR_MS, drawn_mj=1e4, rest_mv=CELL.curve.at(0.9))
    state, decision = step(State(), seen, FITTING, COST)
    assert state.charge.share == pytest.approx(0.9, abs=0.01)
    assert decision.budget_mw > 0.0
    assert "at rest says 90%" in decision.reason


def test_step_forecast_of_dark_days_slows_down() -> None:
    """The same battery and the same past, but no sun to come."""
    state = State()
    for hour in range(1, 25):
        seen = Seen(wall_ms=hour * HOUR_MS, drawn_mj=0.0, gauge=0.7, harvest_mj=NOON_MJ if 8 < hour < 16 else 0.0)
        state, _ = step(state, seen, FITTING, COST)
    coming = {"wall_ms": 25 * HOUR_MS, "drawn_mj": 0.0, "gauge": 0.7, "harvest_mj": 0.0}
    at_once = replace(FITTING, params=Params(smoothing=1.0))
    _, usual = step(state, Seen(**coming), at_once, COST)  # type: ignore[arg-type]
    _, dark = step(state, Seen(**coming, forecast_mj=(0.0, 0.0, 0.0, 0.0)), at_once, COST)  # type: ignore[arg-type]
    assert dark.rhythm.period_s > 2.0 * usual.rhythm.period_s


@settings(deadline=None, max_examples=150)
@given(
    hours=st.lists(
        st.builds(
            Seen,
            wall_ms=st.integers(0, 10**13),
            drawn_mj=st.floats(allow_nan=True, allow_infinity=True),
            gauge=ANY,
            harvest_mj=ANY,
            rest_mv=ANY,
            forecast_mj=st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=4).map(tuple),
        ),
        max_size=12,
    )
)
def test_step_on_whatever_is_seen_stays_within_the_limits(hours: list[Seen]) -> None:
    """NaN, infinity and nonsense from every instrument never leave the limits, nor poison the memory."""
    state = State()
    for seen in hours:
        state, decision = step(state, seen, FITTING, COST)
        assert 60.0 <= decision.rhythm.period_s <= 3600.0
        assert decision.reason
    seen = Seen(wall_ms=0, drawn_mj=0.0, gauge=1.0, harvest_mj=0.0)
    for _ in range(3):
        state, decision = step(state, seen, FITTING, COST)
    assert math.isfinite(decision.budget_mw)


def test_step_battery_that_is_always_full_does_not_believe_in_ever_more_sun() -> None:
    """More sun than the fastest life takes is of no use, so it is not dreamt of: autumn would pay for it."""
    state = State()
    for hour in range(1, 24 * 200):
        sunny = 8 < (hour - 1) % 24 < 16
        seen = Seen(wall_ms=hour * HOUR_MS, drawn_mj=30_000.0, gauge=1.0, harvest_mj=NOON_MJ if sunny else 0.0)
        state, decision = step(state, seen, FITTING, COST)
    assert decision.level > 0.8
    assert sum(state.sun.expect(0, 1)) < 5.0 * 86_400.0 * COST.draw_mw(LIMITS.at(1.0))


def test_recall_after_json_is_the_same_state() -> None:
    """What was remembered goes through a file and comes back."""
    state, _ = step(State(), Seen(wall_ms=HOUR_MS, drawn_mj=1e4, gauge=0.6, harvest_mj=5e4), FITTING, COST)
    assert recall(json.loads(json.dumps(memory(state)))) == state


@pytest.mark.parametrize(
    "broken",
    [
        {"charge": {}},
        {"charge": 5},
        {"charge": {"share": math.nan, "error": 0.1, "witness": "gauge", "reason": ""}},
        {"sun_mj": [1.0]},
        {"sun_mj": "rain"},
        {"control": {"level": 0.5, "mood": 3}},
    ],
)
def test_recall_of_a_broken_memory_starts_anew(broken: dict[str, object]) -> None:
    """A file that is not of this shape costs what was learnt, not the node."""
    state, _ = step(State(), Seen(wall_ms=HOUR_MS, drawn_mj=1e4, gauge=0.6), FITTING, COST)
    assert recall(memory(state)) != State()
    assert recall({**memory(state), **broken}) == State()
    assert recall({}) == State()
