"""How much of a lease is granted, and when it is over, whatever the clocks say."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.lease import grant
from node.lease.grant import Asked, Now, State
from node.lease.options import Params

NOW_MS: Final = 1_795_000_000_000
PARAMS: Final = Params(most_s=900.0, daily_s=3600.0, least_charge=0.3)
FULL: Final = grant.first(PARAMS)
HERE: Final = Now(wall_ms=NOW_MS, monotonic_s=50.0)


def for_s(seconds: float) -> Asked:
    """Return a lease of so many seconds from now on."""
    return Asked(until_ms=NOW_MS + round(seconds * 1000), told_ms=NOW_MS)


def test_lease_inside_the_limits_is_granted_whole_and_paid_for() -> None:
    """What is granted is off the allowance, and no reason is told."""
    state, granted_s = grant.taken(FULL, for_s(600.0), HERE, PARAMS)
    assert (granted_s, state.left_s, state.reason, state.over) == (600.0, 3000.0, "", False)


def test_lease_longer_than_the_limit_is_cut_with_the_reason() -> None:
    """The longest that this node grants, or what is left of the day."""
    state, granted_s = grant.taken(FULL, for_s(5000.0), HERE, PARAMS)
    assert (granted_s, state.reason) == (900.0, "cut to 900 s: lease.most_s")
    state, granted_s = grant.taken(replace(FULL, left_s=120.0), for_s(600.0), HERE, PARAMS)
    assert (granted_s, state.reason) == (120.0, "cut to 120 s: what is left of lease.daily_s")


def test_lease_below_the_reserve_is_refused_and_one_that_runs_is_cut() -> None:
    """Nothing that is sent takes the battery below what the operator keeps back."""
    low = replace(HERE, charge=0.29)
    state, granted_s = grant.taken(FULL, for_s(600.0), low, PARAMS)
    assert granted_s == 0.0
    assert state.reason == "refused: the battery holds 29% for sure, and lease.least_charge is 30%"
    running, _ = grant.taken(FULL, for_s(600.0), replace(HERE, charge=0.3), PARAMS)
    cut = grant.over(running, replace(low, monotonic_s=150.0), 650.0, PARAMS)
    assert (cut.over, cut.left_s, cut.reason.partition(":")[0]) == (True, 3500.0, "cut")


def test_lease_that_is_past_withdrawn_or_over_is_none() -> None:
    """A wish that was slept through, or read again after its end, keeps nobody awake."""
    assert grant.taken(FULL, for_s(-1.0), HERE, PARAMS)[1] == 0.0
    assert grant.taken(FULL, Asked(until_ms=0), HERE, PARAMS)[1] == 0.0
    done = replace(FULL, until_ms=for_s(600.0).until_ms, over=True)
    assert grant.taken(done, for_s(600.0), HERE, PARAMS)[1] == 0.0
    assert grant.taken(done, for_s(601.0), HERE, PARAMS)[1] == 601.0, "another lease is one"


def test_lease_at_a_clock_that_was_never_set_lasts_as_long_as_it_was_meant_to() -> None:
    """In 1970 every lease looks like one of half a century; the gateway's own clock says how long it is."""
    unset = replace(HERE, wall_ms=None)
    assert grant.taken(FULL, for_s(600.0), unset, PARAMS)[1] == 600.0
    assert grant.taken(FULL, Asked(until_ms=NOW_MS), unset, PARAMS)[1] == 900.0, "nobody says: the limit does"


def test_limit_of_no_lease_at_all_is_told() -> None:
    """An operator may switch them off."""
    state, granted_s = grant.taken(FULL, for_s(60.0), HERE, replace(PARAMS, most_s=0.0))
    assert (granted_s, state.reason) == (0.0, "refused: lease.most_s is 0: this node takes none")


def _wall_alone(state: State, now: Now, _end_s: float, _params: Params) -> State:
    """Negative control: believe the wall clock, as one does."""
    return replace(state, over=True) if now.wall_ms is not None and now.wall_ms >= state.until_ms else state


@pytest.mark.parametrize(("judge", "ends"), [(grant.over, True), (_wall_alone, False)])
def test_lease_under_a_clock_that_is_set_back_ends_all_the_same(judge: object, ends: bool) -> None:
    """The monotonic clock counts what was granted; the control, by the wall clock alone, is awake for ever."""
    state, granted_s = grant.taken(FULL, for_s(600.0), HERE, PARAMS)
    end_s = HERE.monotonic_s + granted_s
    for minute in range(1, 61):  # each minute somebody sets it back by one
        now = Now(wall_ms=NOW_MS, monotonic_s=HERE.monotonic_s + 60.0 * minute)
        state = state if state.over else judge(state, now, end_s, PARAMS)  # type: ignore[operator]
    assert state.over is ends


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**53 - 1),  # the lease's end
            st.integers(0, 2**53 - 1),  # the gateway's clock
            st.none() | st.integers(0, 2**53 - 1),  # ours, which may leap
            st.floats(0.0, 4000.0),  # until the next
        ),
        max_size=30,
    )
)
def test_leases_of_a_day_stay_inside_the_allowance_whatever_the_clocks_say(
    asked: list[tuple[int, int, int | None, float]],
) -> None:
    """No sequence of wishes and leaps keeps a node up for more than the allowance and what fills it meanwhile."""
    state, spent_s, now_s = FULL, 0.0, 0.0
    for until_ms, told_ms, wall_ms, gap_s in asked:
        now = Now(wall_ms=wall_ms, monotonic_s=now_s)
        state, granted_s = grant.taken(state, Asked(until_ms=until_ms, told_ms=told_ms), now, PARAMS)
        assert granted_s <= PARAMS.most_s
        used_s = min(granted_s, gap_s)
        state = grant.ended(state, granted_s - used_s, PARAMS)
        spent_s, now_s = spent_s + used_s, now_s + gap_s
        state = grant.refilled(state, PARAMS, gap_s)
        assert spent_s <= PARAMS.daily_s * (1.0 + now_s / grant.DAY_S) + 1e-6


def test_state_is_remembered_and_a_strange_one_is_not() -> None:
    """What another version wrote, or a disk has spoilt, is no state; an allowance is never more than a day's."""
    state = State(until_ms=5, over=False, left_s=10.0, at_ms=7, reason="cut")
    assert grant.recalled(grant.memory(state), PARAMS) == state
    assert grant.recalled(grant.memory(replace(state, left_s=1e9)), PARAMS).left_s == 3600.0
    for strange in ({}, {"left_s": None}, {"left_s": 1.0, "more": 2}):
        with pytest.raises(ValueError, match="not the state"):
            grant.recalled(strange, PARAMS)
