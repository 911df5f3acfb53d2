"""A panel's hour from looks now and then: straight lines between them, gaps that are no zeros."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.sleep.harvest import LONGEST_S, MOSTLY, Harvest

MINUTE_MS = 60_000


def _looked(*looks: tuple[float, float | None]) -> Harvest:
    """Return what was seen by looks at minutes."""
    harvest = Harvest()
    for minute, power_mw in looks:
        harvest = harvest.look(round(minute * MINUTE_MS), power_mw)
    return harvest


def test_harvest_between_looks_is_a_straight_line() -> None:
    """From nothing to 600 mW in half an hour, and steady for the next: 300 and 600 mW on the mean."""
    assert _looked((0, 0.0), (30, 600.0), (60, 600.0)).over(3600.0) == pytest.approx((300.0 + 600.0) * 1800.0)


def test_harvest_of_a_failed_look_is_unknown_and_not_dark() -> None:
    """What was seen stands for the hour where that is most of it; taken for zero, it would be a quarter less."""
    steady = _looked((0, 100.0), (45, 100.0), (50, None), (55, 100.0), (60, 100.0))
    assert steady.seen_s == 3000.0
    assert steady.over(3600.0) == pytest.approx(100.0 * 3600.0)
    assert _looked((0, 100.0), (20, 100.0), (40, None), (60, 100.0)).over(3600.0) is None
    assert _looked((0, None), (30, None), (60, None)).over(3600.0) is None


def test_harvest_over_a_long_silence_or_a_jump_of_the_clock_is_unknown() -> None:
    """Hours between two looks, or a clock that went backwards, tell nothing."""
    assert _looked((0, 100.0), (LONGEST_S / 60.0 + 1.0, 100.0)).seen_s == 0.0
    assert _looked((60, 100.0), (0, 100.0)).seen_s == 0.0


def test_harvest_at_night_is_nothing_though_the_chip_has_an_offset() -> None:
    """A panel takes nothing; and what is no number is no look."""
    assert _looked((0, -2.0), (60, -1.0)).over(3600.0) == 0.0
    assert _looked((0, 5.0), (60, math.nan)).over(3600.0) is None


def test_harvest_anew_begins_at_the_last_look() -> None:
    """No minute is counted twice, and none is left out between two hours."""
    whole = _looked((0, 100.0), (60, 300.0), (120, 500.0))
    first = _looked((0, 100.0), (60, 300.0))
    second = first.anew().look(120 * MINUTE_MS, 500.0)
    assert first.energy_mj + second.energy_mj == pytest.approx(whole.energy_mj)


@settings(deadline=None, max_examples=60)
@given(
    looks=st.lists(st.tuples(st.integers(1, 3000), st.one_of(st.none(), st.floats(0.0, 1e5))), min_size=2, max_size=40)
)
def test_harvest_is_never_more_than_the_brightest_look_and_never_a_guess(
    looks: list[tuple[int, float | None]],
) -> None:
    """Bounded by what was seen; and known only where it was seen for long enough."""
    harvest, wall_ms = Harvest(), 0
    for step_s, power_mw in looks:
        wall_ms += step_s * 1000
        harvest = harvest.look(wall_ms, power_mw)
    span_s = sum(step_s for step_s, _ in looks[1:])
    told_mj = harvest.over(span_s)
    if told_mj is None:
        assert harvest.seen_s < MOSTLY * span_s
    else:
        brightest_mw = max(power_mw for _, power_mw in looks if power_mw is not None)
        assert 0.0 <= told_mj <= brightest_mw * span_s * (1.0 + 1e-9)
