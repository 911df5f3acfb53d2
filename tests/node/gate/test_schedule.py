"""Laws of the schedule: once a period, aligned for all nodes, and only in the hours."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.values import TimeQuality
from tests.node.gate.shown import gate, problems, sample

DAY_S = 86_400


def hours_open(*hours: str) -> set[int]:
    """Return at which full hours of a day a gate with these hours opens."""
    rule = gate("schedule", hours=list(hours))
    return {i for i in range(24) if rule.judge(sample(19_000 * DAY_S + 3600 * i)).opens}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 500), min_size=1, max_size=80), st.integers(0, 10**9), st.floats(1, 1000))
def test_schedule_on_any_cadence_opens_once_a_period(gaps: list[int], start_s: int, period_s: float) -> None:
    """Each period that has a sample has one opening, at its first one."""
    rule, now_s, found, periods = gate("schedule", period_s=period_s), start_s, 0, set()
    for gap_s in gaps:
        now_s += gap_s
        found += rule.judge(sample(now_s)).opens
        periods.add(1000 * now_s // (1000 * period_s))
    assert found == len(periods)


def test_schedule_on_two_nodes_opens_at_the_same_samples() -> None:
    """Periods count from 1970, not from a node's start."""
    early, late = gate("schedule", period_s=60.0), gate("schedule", period_s=60.0)
    early.judge(sample(1000))
    late.judge(sample(1017))
    assert [early.judge(sample(i)).opens for i in range(1018, 1200)] == [
        late.judge(sample(i)).opens for i in range(1018, 1200)
    ]


def test_schedule_with_an_offset_shifts_the_periods() -> None:
    """Ten past every hour."""
    rule = gate("schedule", period_s=3600.0, offset_s=600.0)
    assert [i for i in range(0, 7200, 300) if rule.judge(sample(i)).opens] == [0, 600, 4200]


def test_schedule_after_the_clock_was_set_back_opens() -> None:
    """A year back must not mean a year of silence."""
    rule = gate("schedule", period_s=60.0)
    rule.judge(sample(365 * DAY_S))
    assert rule.judge(sample(0)).opens


@pytest.mark.parametrize(
    ("hours", "found"),
    [
        (["06:00-09:00"], {6, 7, 8}),
        (["22:00-02:00"], {22, 23, 0, 1}),
        (["06:00-07:00", "18:30-20:00"], {6, 19}),
        (["23:00-00:00"], {23}),
    ],
)
def test_schedule_with_hours_opens_inside_them(hours: list[str], found: set[int]) -> None:
    """The first minute is inside, the last is not, and midnight is no wall."""
    assert hours_open(*hours) == found


def test_schedule_with_a_clock_never_set_leaves_the_hours_aside() -> None:
    """At the wrong hour is better than never: 1970 may be any time of day."""
    rule = gate("schedule", period_s=60.0, hours=["06:00-07:00"])
    assert not rule.judge(sample(0)).opens
    assert rule.judge(sample(0, TimeQuality.UNSET)).opens


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "give at least one"),
        ({"hours": ["06:00-06:00"]}, "is empty"),
        ({"hours": ["6-7"]}, "does not match"),
        ({"hours": ["24:00-07:00"]}, "does not match"),
    ],
)
def test_schedule_that_can_never_open_is_refused(options: dict[str, object], words: str) -> None:
    """A schedule without a time is a mistake in the file."""
    assert words in problems("schedule", **options)
