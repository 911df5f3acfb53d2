"""The schedule's clock: the wall's, and on the two nights of change one that leaves out no hour and repeats none."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy.hours import hour_of_day
from gateway.policy.schedule import Rule, Seen, fits

if TYPE_CHECKING:
    from collections.abc import Callable

    Clock = Callable[[ZoneInfo, int], float]

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
STEP_MS: Final = 5 * MINUTE_MS
CHANGES: Final = [
    ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),  # by half an hour
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2026, 3, 29, 1, tzinfo=UTC)),  # by two hours
    ("Antarctica/Troll", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("America/Santiago", datetime(2026, 4, 5, 3, tzinfo=UTC)),  # at midnight
    ("America/Santiago", datetime(2026, 9, 6, 4, tzinfo=UTC)),
]
"""Zones, and when their clocks are set."""


def wall(zone: ZoneInfo, now_ms: int) -> float:
    """Return the hour on the wall, which leaps."""
    local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone)
    return local.hour + local.minute / 60.0 + local.second / 3600.0


def noons(zone: ZoneInfo, change: datetime) -> range:
    """Return the times from the noon on the wall before a change to the one after it, step by step."""
    day_ms = 24 * HOUR_MS
    middle_ms = round(change.timestamp() * 1000)
    before_ms = middle_ms - round(((wall(zone, middle_ms - 6 * HOUR_MS) - 12.0) % 24.0 + 6.0) * HOUR_MS)
    after_ms = before_ms + day_ms
    after_ms += round(((12.0 - wall(zone, after_ms) + 12.0) % 24.0 - 12.0) * HOUR_MS)
    return range(before_ms, after_ms, STEP_MS)


def times_held(rule: Rule, clock: Clock, zone: ZoneInfo, times: range) -> int:
    """Return how often a rule began to hold."""
    held = [fits(rule, Seen("p1"), clock(zone, at)) for at in times]
    return sum(not before and now for before, now in pairwise([False, *held]))


@pytest.mark.parametrize(("name", "change"), CHANGES)
@given(st.integers(48, 48 + 84), st.integers(1, 12))
@settings(deadline=None, max_examples=8)
def test_rule_is_held_once_from_noon_to_noon_over_each_change(
    name: str, change: datetime, begin: int, length: int
) -> None:
    """A quarter of an hour to three hours long, anywhere in the night: neither skipped nor held twice."""
    rule = Rule(name="r", from_h=begin % 96 / 4, until_h=(begin + length) % 96 / 4, settings={"sleep.period_s": 600.0})
    zone = ZoneInfo(name)
    assert times_held(rule, hour_of_day, zone, noons(zone, change)) == 1


@pytest.mark.parametrize(("change", "times"), [(CHANGES[0][1], 0), (CHANGES[1][1], 2)])
def test_rule_by_the_walls_own_hour_is_skipped_or_held_twice(change: datetime, times: int) -> None:
    """Control of the law above: a clock that leaps breaks it, both ways."""
    rule = Rule(name="r", from_h=2.25, until_h=2.75, settings={"sleep.period_s": 600.0})
    zone = ZoneInfo("Europe/Berlin")
    assert times_held(rule, wall, zone, noons(zone, change)) == times
    assert times_held(rule, hour_of_day, zone, noons(zone, change)) == 1


@pytest.mark.parametrize(("name", "change"), CHANGES)
def test_hour_goes_forward_without_a_leap_and_is_the_walls_again_in_two_hours(name: str, change: datetime) -> None:
    """Each step is of a minute to ten; together they are a day; off the wall by half the change at most."""
    zone = ZoneInfo(name)
    times = noons(zone, change)
    hours = [hour_of_day(zone, at) for at in [*times, times.stop]]
    steps = [(after - before) % 24.0 for before, after in pairwise(hours)]
    assert min(steps) > 1.0 / 60.0
    assert max(steps) < 10.0 / 60.0
    assert sum(steps) == pytest.approx(24.0)
    middle_ms = round(change.timestamp() * 1000)
    for at, hour in zip(times, hours, strict=False):
        off = abs((hour - wall(zone, at) + 12.0) % 24.0 - 12.0)
        assert off <= (1.01 if abs(at - middle_ms) < 2 * HOUR_MS else 0.01)


@given(st.sampled_from(sorted({name for name, _ in CHANGES})), st.integers(0, 4_000_000_000_000))
@settings(deadline=None, max_examples=300)
def test_hour_of_any_time_is_one_of_a_day_and_continuous(name: str, now_ms: int) -> None:
    """From 0 up to 24; a second later it is less than two seconds later."""
    zone = ZoneInfo(name)
    hour, later = hour_of_day(zone, now_ms), hour_of_day(zone, now_ms + 1000)
    assert 0.0 <= hour < 24.0
    assert 0.0 < (later - hour) % 24.0 < 2.0 / 3600.0
