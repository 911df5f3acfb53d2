"""Fast when something happens, slow when nothing does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.sleep.alertness import Alertness, Params, after
from node.values import Outcome

OUTCOMES = st.lists(st.sampled_from(Outcome), max_size=40)


def walk(outcomes: list[Outcome], params: Params | None = None) -> Alertness:
    """Take looks one after the other."""
    alertness = Alertness()
    for outcome in outcomes:
        alertness = after(alertness, outcome, params or Params())
    return alertness


@settings(deadline=None, max_examples=200)
@given(outcomes=OUTCOMES, slow_s=st.floats(1.0, 1e5), least_s=st.floats(0.1, 1e5))
def test_period_after_anything_stays_within_its_limits(outcomes: list[Outcome], slow_s: float, least_s: float) -> None:
    """Never slower than the budget has it, never faster than the hard limit or the speedup."""
    period_s = walk(outcomes).period_s(slow_s, least_s)
    assert min(least_s, slow_s) <= period_s <= slow_s
    assert period_s >= slow_s / Params().speedup * (1.0 - 1e-9)


@settings(deadline=None, max_examples=50)
@given(outcomes=OUTCOMES)
def test_after_an_event_is_fast_at_once(outcomes: list[Outcome]) -> None:
    """However quiet it was, the look after an event comes at the fast period."""
    assert walk([*outcomes, Outcome.OPEN]).period_s(600.0, 60.0) == 150.0


def test_after_quiet_is_held_and_then_slows_to_the_slow_period() -> None:
    """Three looks are held, then each is half as long again, up to the slow one."""
    quiet = [walk([Outcome.OPEN, *[Outcome.SHUT] * looks]).period_s(600.0, 60.0) for looks in range(8)]
    assert quiet == pytest.approx([150.0, 150.0, 150.0, 150.0, 225.0, 337.5, 506.25, 600.0])


def test_after_missing_readings_nothing_changes() -> None:
    """A broken sensor neither drains the battery nor puts the node to sleep."""
    assert walk([Outcome.OPEN, *[Outcome.MISSING] * 20]) == walk([Outcome.OPEN])
    assert walk([Outcome.MISSING] * 20) == Alertness()


def test_after_with_no_speedup_is_the_slow_period_always() -> None:
    """A speedup of 1 turns it off."""
    assert walk([Outcome.OPEN, Outcome.SHUT], Params(speedup=1.0)).period_s(600.0, 60.0) == 600.0


@pytest.mark.parametrize("bad", [{"speedup": 0.5}, {"slower": 1.0}, {"hold": -1}])
def test_params_that_would_stop_or_invert_it_are_refused(bad: dict[str, float]) -> None:
    """A factor of 1 would never slow down again."""
    with pytest.raises(ValueError, match="at least"):
        Params(**bad)  # type: ignore[arg-type]
