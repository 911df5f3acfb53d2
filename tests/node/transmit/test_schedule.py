"""When to transmit."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.transmit.schedule import First, Params, every_s, first, is_due, next_slot_s, phase

PERIODS = st.floats(0.01, 3600.0)
INTERVALS = st.floats(0.0, 86_400.0)


@pytest.mark.parametrize(("interval_s", "stays"), [(59.9, True), (60.0, False), (300.0, False)])
def test_params_stay_connected_below_the_bound_only(interval_s: float, *, stays: bool) -> None:
    """A link is kept where hanging up would cost more than it saves."""
    assert Params(interval_s=interval_s).stays_connected is stays


@settings(max_examples=200)
@given(interval_s=INTERVALS, period_s=PERIODS)
def test_every_is_a_number_of_cycles_and_the_nearest(interval_s: float, period_s: float) -> None:
    """Only a cycle can transmit: the rhythm is whole periods, half a one off the interval at most, and never none."""
    rhythm_s = every_s(interval_s=interval_s, period_s=period_s)
    cycles = rhythm_s / period_s
    assert cycles == pytest.approx(round(cycles))
    assert rhythm_s >= period_s
    assert rhythm_s == period_s or abs(rhythm_s - interval_s) <= period_s / 2.0 * (1.0 + 1e-9)


@settings(max_examples=200)
@given(interval_s=INTERVALS, period_s=PERIODS, jitters=st.lists(st.floats(-0.24, 0.24), min_size=2, max_size=2))
def test_due_with_cycles_that_jitter_keeps_the_rhythm(interval_s: float, period_s: float, jitters: list[float]) -> None:
    """Cycles up to a quarter of a period early or late transmit at the same one each time: what was promised."""
    rhythm_s, slack_s = every_s(interval_s=interval_s, period_s=period_s), period_s / 2.0
    slot_s = next_slot_s(now_s=jitters[0] * period_s, slot_s=0.0, every_s=rhythm_s, slack_s=slack_s)
    now_s = rhythm_s + jitters[1] * period_s
    assert is_due(now_s=now_s, slot_s=slot_s, slack_s=slack_s)
    if rhythm_s > period_s:
        assert not is_due(now_s=now_s - period_s, slot_s=slot_s, slack_s=slack_s)


def test_due_without_a_period_waits_the_whole_interval() -> None:
    """A node that never naps has nothing to round to."""
    assert every_s(interval_s=300.0, period_s=0.0) == 300.0
    assert not is_due(now_s=299.9, slot_s=300.0, slack_s=0.0)
    assert is_due(now_s=300.0, slot_s=300.0, slack_s=0.0)


@settings(max_examples=200)
@given(now_s=st.floats(0.0, 1e6), wait_s=st.floats(-1e4, 1e4), rhythm_s=st.floats(0.01, 86_400.0))
def test_next_slot_lies_ahead_and_keeps_the_distance(now_s: float, wait_s: float, rhythm_s: float) -> None:
    """Whatever was sent, and why: the next slot is to come, as planned, or one rhythm after the plan or after now."""
    slack_s = rhythm_s / 2.0
    planned_s = now_s + wait_s
    slot_s = next_slot_s(now_s=now_s, slot_s=planned_s, every_s=rhythm_s, slack_s=slack_s)
    assert slot_s > now_s
    assert slot_s in {planned_s, planned_s + rhythm_s, now_s + rhythm_s}
    assert slot_s - now_s <= max(wait_s, rhythm_s + slack_s) + 1e-6


@pytest.mark.parametrize(
    ("left_s", "resident", "expected"),
    [
        (None, True, First(slot_s=130.0, greets=True)),
        (None, False, First(slot_s=130.0, greets=True)),
        (200.0, True, First(slot_s=200.0, greets=False)),
        (200.0, False, First(slot_s=200.0, greets=False)),
        (-5.0, True, First(slot_s=130.0, greets=False)),
        (-5.0, False, First(slot_s=0.0, greets=False)),
        (-3600.0, True, First(slot_s=130.0, greets=False)),
        (-3600.0, False, First(slot_s=130.0, greets=True)),
        (86_400.0, True, First(slot_s=130.0, greets=False)),
        (86_400.0, False, First(slot_s=130.0, greets=True)),
    ],
)
def test_first_keeps_a_promise_and_puts_off_only_who_stays(
    left_s: float | None, *, resident: bool, expected: First
) -> None:
    """New, in time, missed by a moment, missed by an hour, or promised by a clock that was wrong."""
    assert first(left_s=left_s, resident=resident, every_s=300.0, period_s=60.0, phase_s=130.0) == expected


def _most_at_once(phases_s: list[float]) -> int:
    return max(Counter(map(int, phases_s)).values())


@pytest.mark.parametrize("form", ["node-{}", "n{:05d}", "{}-meter", "field-7-{:x}"])
def test_phases_of_a_fleet_are_spread_evenly(form: str) -> None:
    """Of 20,000 nodes no second of a quarter of an hour gets double its share; the control without phases gets all."""
    phases = [phase(form.format(number)) for number in range(20_000)]
    assert 0.0 <= min(phases) <= max(phases) < 1.0
    assert _most_at_once([900.0 * each for each in phases]) < 2 * 20_000 / 900
    assert _most_at_once([0.0 for _ in phases]) == 20_000
