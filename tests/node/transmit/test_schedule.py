"""When to transmit."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.transmit.schedule import Params, every_s, is_due

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
    rhythm_s = every_s(interval_s=interval_s, period_s=period_s)
    last_s = jitters[0] * period_s
    now_s = rhythm_s + jitters[1] * period_s
    assert is_due(now_s=now_s, last_s=last_s, every_s=rhythm_s, period_s=period_s)
    before_s = now_s - period_s
    if rhythm_s > period_s:
        assert not is_due(now_s=before_s, last_s=last_s, every_s=rhythm_s, period_s=period_s)


def test_due_without_a_period_waits_the_whole_interval() -> None:
    """A node that never naps has nothing to round to."""
    assert every_s(interval_s=300.0, period_s=0.0) == 300.0
    assert not is_due(now_s=299.9, last_s=0.0, every_s=300.0, period_s=0.0)
    assert is_due(now_s=300.0, last_s=0.0, every_s=300.0, period_s=0.0)
