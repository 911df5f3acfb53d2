"""What a configuration will cost."""

from __future__ import annotations

import pytest

from node.energy.plan import ASSUMED, JOINED_S, Habit, Rhythm, habit_of, plan
from node.hal import Radio, Transition
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
    assert habit_of(seen, stays_connected=False, joins=False).session_s == JOINED_S


def test_habit_of_a_node_that_transmitted_counts_that_time_once() -> None:
    """Of 32 s awake, 30 went into three transmissions: a cycle without one takes 20 ms."""
    seen = {"cycles": 100, "samples": 100, "awake_s": 32.0, "transmit_s": 30.0, "transmissions": 3}
    habit = habit_of(seen, stays_connected=False)
    assert (habit.awake_s, habit.session_s, habit.joins) == (0.02, 10.0, True)
    assert not habit_of(seen, stays_connected=True).joins


RADIO = Radio(
    name="wlan0",
    quality="estimate",
    idle_mw=10.0,
    join=Transition(time_s=5.0, energy_mj=2000.0),
    packet_mj=5.0,
    sent_byte_mj=0.1,
)


@pytest.mark.parametrize(
    ("session_s", "joins", "air_mj"),
    [
        (5.0, True, 24 * (2000.0 + 5.0 * 10.0 + 5.0) + 24 * 50 * 0.1),
        (1.0, False, 2000.0 + 86_400.0 * 10.0 + 24 * 5.0 + 24 * 50 * 0.1),
        (0.0, False, 2000.0 + 86_400.0 * 10.0 + 24 * 5.0 + 24 * 50 * 0.1),
    ],
)
def test_plan_of_a_radio_joins_as_often_as_it_was_off(session_s: float, joins: bool, air_mj: float) -> None:
    """Off between hourly transmissions, it joins 24 times; joined all day, it joins once and idles on."""
    habit = Habit(awake_s=0.0, open_share=1.0, record_bytes=50.0, session_s=session_s, quality="estimate", joins=joins)
    rhythm = Rhythm(period_s=3600.0, interval_s=3600.0, battery_wh=None)
    without, with_radio = (plan(rhythm, habit, STATES, radio=radio).energy_j for radio in (None, RADIO))
    assert with_radio["transmit"] - without["transmit"] == pytest.approx(air_mj / 1000.0)
    assert with_radio["sleep"] == without["sleep"]


def test_plan_of_a_gap_that_was_planned_costs_what_it_does() -> None:
    """A day of naps at the mean draw that the sleep planner found for one, not at light sleep's."""
    habit = Habit(awake_s=0.0, open_share=0.0, record_bytes=0.0, session_s=0.0, quality="measured")
    day = plan(Rhythm(period_s=3600.0, interval_s=3600.0, battery_wh=None), habit, STATES, nap_mw=7.0)
    assert day.energy_j["sleep"] == pytest.approx(7.0 * 86.4)
