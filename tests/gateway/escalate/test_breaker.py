"""Whether somebody who failed is asked again, on a virtual clock."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.escalate.breaker import LONGEST_PAUSES, Breaker


def broken(failures: int = 3) -> Breaker:
    """Make one that has just opened, at time 0."""
    breaker = Breaker(most_failures=failures, pause_s=10.0)
    for _ in range(failures):
        breaker = breaker.failed(0.0)
    return breaker


def test_breaker_opens_after_failures_in_a_row_alone() -> None:
    """An answer between two failures begins the count anew."""
    breaker = Breaker(most_failures=2).failed(0.0).succeeded().failed(0.0)
    assert breaker.asked(0.0)[1]
    assert not breaker.failed(0.0).asked(0.0)[1]


def test_breaker_lets_one_try_after_its_pause() -> None:
    """Half open, one question goes through; an answer closes it for all."""
    breaker = broken()
    assert not breaker.asked(9.9)[1]
    breaker, allowed = breaker.asked(10.0)
    assert allowed
    assert not breaker.asked(10.0)[1]
    assert breaker.succeeded().state(10.0) == "closed"


def test_breaker_whose_trial_fails_pauses_twice_as_long() -> None:
    """A pause doubles with each failed trial, up to a bound."""
    breaker, now_s, pauses = broken(), 0.0, []
    for _ in range(7):
        assert breaker.until_s is not None
        pauses.append(breaker.until_s - now_s)
        now_s = breaker.until_s
        breaker = breaker.asked(now_s)[0].failed(now_s)
    assert pauses == [10.0, 20.0, 40.0, 80.0, 160.0, 160.0, 160.0]
    assert max(pauses) == 10.0 * LONGEST_PAUSES


@settings(deadline=None, max_examples=80)
@given(steps=st.lists(st.tuples(st.floats(0.0, 60.0), st.booleans()), max_size=60))
def test_breaker_of_a_dead_endpoint_asks_seldom_and_of_one_that_is_back_again(steps: list[tuple[float, bool]]) -> None:
    """Whatever happened, after the longest pause a question is allowed, and one success closes it."""
    breaker, now_s = Breaker(most_failures=3, pause_s=1.0), 0.0
    for pause_s, answers in steps:
        now_s += pause_s
        breaker, allowed = breaker.asked(now_s)
        if allowed:
            breaker = breaker.succeeded() if answers else breaker.failed(now_s)
    breaker, allowed = breaker.asked(now_s + LONGEST_PAUSES)
    assert allowed
    assert breaker.succeeded().state(now_s) == "closed"
