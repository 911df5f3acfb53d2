"""Which state to nap in."""

from __future__ import annotations

from node.hal import PowerState
from node.sleep.planner import MAX_NAP_S, plan

STATES = {
    name: PowerState(name=name, power_mw=power_mw, quality="estimate", source="test")
    for name, power_mw in (("active", 1000.0), ("idle", 400.0), ("light", 300.0))
}


def test_plan_gap_naps_in_light_sleep() -> None:
    """A gap is slept through in the board's light state."""
    nap = plan(30.0, STATES)
    assert (nap.duration_s, nap.state) == (30.0, "light")


def test_plan_board_without_light_takes_the_next_best() -> None:
    """A board that has no light sleep idles."""
    assert plan(30.0, {name: STATES[name] for name in ("active", "idle")}).state == "idle"


def test_plan_deadline_passed_does_not_sleep() -> None:
    """A deadline that is here leaves no nap."""
    assert plan(-0.1, STATES).duration_s == 0.0


def test_plan_endless_gap_looks_up_once_a_day() -> None:
    """No setting can bury a node for longer than a day."""
    assert plan(1e9, STATES).duration_s == MAX_NAP_S
