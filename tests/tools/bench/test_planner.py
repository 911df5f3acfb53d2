"""The sleep planner's benchmark: its oracle is right where a hand can follow, and its controls fail."""

from __future__ import annotations

from math import inf

import pytest

from node.hal import Conditions, PowerState, Transition
from tools.bench import planner

STATES = {
    "active": PowerState(name="active", power_mw=1000.0, quality="estimate", source="test"),
    "halt": PowerState(
        name="halt",
        power_mw=1.0,
        quality="estimate",
        source="test",
        enter=Transition(time_s=2.0, energy_mj=3000.0),
        exit=Transition(time_s=8.0, energy_mj=9000.0),
        retains="disk",
        wake=("rtc",),
    ),
}


def world(gap_s: float, **conditions: object) -> planner.World:
    """A board that waits or halts."""
    holds = {"wakers": {"timer": inf, "rtc": 1e6}, "memory_is_on_disk": True, "clock_is_sane": True} | conditions
    return planner.World(gap_s=gap_s, states=STATES, conditions=Conditions(**holds))  # type: ignore[arg-type]


def test_live_adds_up_what_a_hand_adds_up() -> None:
    """Down, 88 s asleep, up, and 2 s of waiting because the alarm rang early."""
    life = planner.live(world(100.0), STATES["halt"], 90.0)
    assert life.energy_mj == pytest.approx(3000.0 + 88.0 * 1.0 + 9000.0 + 2.0 * 1000.0)
    assert not life.fate


@pytest.mark.parametrize(
    ("alarm_s", "conditions", "fate"),
    [
        (93.0, {}, "it was late"),
        (1.0, {}, "the alarm rang before it slept"),
        (90.0, {"wakers": {"timer": inf}}, "nothing woke it"),
        (90.0, {"wakers": {"rtc": 60.0}}, "nothing woke it"),
        (90.0, {"memory_is_on_disk": False}, "its memory was lost"),
        (90.0, {"clock_is_sane": False}, "its alarm rang in another year"),
        (90.0, {"refused": {"halt": "no"}}, "it could not be entered"),
    ],
)
def test_live_sees_what_goes_wrong(alarm_s: float, conditions: dict[str, object], fate: str) -> None:
    """Each way to lose a node has its name."""
    assert planner.live(world(100.0, **conditions), STATES["halt"], alarm_s).fate == fate


def test_oracle_sleeps_as_long_as_it_may_where_that_pays_and_waits_where_not() -> None:
    """Halting costs 12 J and waiting a watt: it pays from a gap of 12 s on."""
    assert planner.oracle_mj(world(100.0)) == pytest.approx(12_000.0 + 90.0)
    assert planner.oracle_mj(world(11.0)) == pytest.approx(11_000.0)


def test_run_planner_is_as_good_as_the_oracle_and_the_controls_are_not() -> None:
    """At most a hundredth over the oracle and no mishap; the deepest state always costs more, or the node itself."""
    result = planner.run(["--cases", "400", "--seed", "7"])
    assert isinstance(result["worst_excess"], float)
    assert -1e-9 < result["worst_excess"] <= 0.01
    assert result["mishaps"] == 0
    assert isinstance(result["control_worst_excess"], float)
    assert result["control_worst_excess"] > 1.0
    assert isinstance(result["control_mishaps"], int)
    assert result["control_mishaps"] > 100
