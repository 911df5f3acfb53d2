"""What a configuration will cost."""

from __future__ import annotations

import pytest

from node.plan import ASSUMED, Habit, Rhythm, habit_of, plan
from tests.node.world import STATES


def test_plan_idle_node_costs_its_naps() -> None:
    """With next to no work, a day costs the light state's draw for a day."""
    habit = Habit(awake_s=0.0, open_share=0.0, record_bytes=0.0, session_s=0.0, quality="measured")
    day = plan(Rhythm(period_s=3600.0, interval_s=3600.0, battery_wh=24.0), habit, STATES)
    assert day.mean_mw == pytest.approx(100.0)
    assert day.battery_days == pytest.approx(10.0)
    assert day.records == 0.0


def test_plan_never_more_than_a_day_of_work() -> None:
    """A cycle longer than its period fills the day, it does not overflow it."""
    habit = Habit(awake_s=10.0, open_share=1.0, record_bytes=1.0, session_s=60.0, quality="estimate")
    day = plan(Rhythm(period_s=1.0, interval_s=10.0, battery_wh=None), habit, STATES)
    assert day.mean_mw == pytest.approx(1000.0)
    assert day.battery_days is None


def test_habit_young_node_is_assumed() -> None:
    """Before ten cycles there is no habit, and the plan says so."""
    assert habit_of({"cycles": 3, "samples": 3}, stays_connected=False) == ASSUMED


def test_habit_of_counters_is_measured() -> None:
    """A node that has run is planned by its own counters."""
    seen = {
        "cycles": 100,
        "samples": 100,
        "gated_out": 90,
        "awake_s": 2.0,
        "records_receipted": 10,
        "bytes_published": 500,
    }
    habit = habit_of(seen, stays_connected=True)
    assert (habit.awake_s, habit.record_bytes, habit.session_s, habit.quality) == (0.02, 50.0, 0.0, "measured")
    assert habit.open_share == pytest.approx(0.1)
