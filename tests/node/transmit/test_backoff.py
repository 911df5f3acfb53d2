"""Backoff spreads a fleet over time."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from node.transmit.backoff import Backoff


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(0, 2**32))
def test_next_attempt_after_failures_stays_under_the_ceiling(failures: int, seed: int) -> None:
    """The wait is never negative and never longer than the cap, however often it failed."""
    backoff = Backoff(2.0, 300.0, random.Random(seed))
    wait_s = backoff.next_attempt(1000.0, failures) - 1000.0
    assert 0.0 <= wait_s <= min(300.0, 2.0 * 2.0 ** max(0, min(failures, 20) - 1))


def test_ceiling_doubles_until_the_cap() -> None:
    """Each failure doubles the ceiling, up to the cap; without a failure there is none."""
    backoff = Backoff(2.0, 30.0, random.Random(0))
    assert [backoff.ceiling_s(failures) for failures in range(7)] == [0.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_next_attempt_of_a_thousand_nodes_is_spread_evenly() -> None:
    """No tenth of the ceiling sees much more than a tenth of the fleet: that is what full jitter is for."""
    waits = [Backoff(2.0, 300.0, random.Random(node)).next_attempt(0.0, 20) for node in range(1000)]
    tenths = [sum(tenth * 30.0 <= wait < (tenth + 1) * 30.0 for wait in waits) for tenth in range(10)]
    assert max(tenths) < 150
    assert min(tenths) > 60


def test_next_attempt_with_the_same_seed_is_the_same() -> None:
    """A schedule can be replayed."""
    one, other = (Backoff(1.0, 60.0, random.Random(7)) for _ in range(2))
    assert [one.next_attempt(5.0, n) for n in range(9)] == [other.next_attempt(5.0, n) for n in range(9)]
