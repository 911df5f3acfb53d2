"""Maintenance windows: what an operator types, and what the clock on the site's wall makes of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.rollout.windows import Window, is_open, opens_ms, parsed

BERLIN = ZoneInfo("Europe/Berlin")
UTC = ZoneInfo("UTC")
MINUTE_MS = 60_000


def at(text: str, zone: ZoneInfo = BERLIN, *, fold: int = 0) -> int:
    """Return the milliseconds since 1970 of a time on the wall."""
    return round(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("01:00-04:00", "2026-11-21 01:00", "2026-11-21 04:00"),
        ("22:00-05:00", "2026-11-21 04:59", "2026-11-21 21:59"),
        ("sat,sun 01:00-04:00", "2026-11-22 03:59", "2026-11-23 03:00"),
        ("fri 22:00-05:00", "2026-11-21 04:59", "2026-11-20 04:59"),
        ("sun 22:00-05:00", "2026-11-23 04:59", "2026-11-22 04:59"),
        ("fri-mon 01:00-02:00", "2026-11-23 01:30", "2026-11-24 01:30"),
        ("00:00-24:00", "2026-11-21 23:59", ""),
    ],
)
def test_window_holds_what_the_wall_says(text: str, inside: str, outside: str) -> None:
    """From its begin up to its end, on the days on which it begins; a night belongs to the evening before."""
    windows = [parsed(text)]
    assert is_open(windows, BERLIN, at(inside))
    assert not outside or not is_open(windows, BERLIN, at(outside))


def test_window_over_the_night_of_the_leap_follows_the_wall() -> None:
    """An hour that is left out is no window; one that comes twice is one both times; UTC would have missed both."""
    windows = [parsed("02:00-03:00")]
    spring, autumn = at("2026-03-29 00:00"), at("2026-10-25 00:00")
    minutes = {
        night: sum(is_open(windows, BERLIN, night + each * MINUTE_MS) for each in range(24 * 60))
        for night in (spring, autumn)
    }
    assert minutes == {spring: 0, autumn: 120}
    assert is_open(windows, BERLIN, at("2026-10-25 02:30", fold=1))
    assert not is_open([parsed("00:00-01:00")], BERLIN, at("2026-07-01 00:30", UTC))


def test_window_that_opens_next_is_found_across_the_leap() -> None:
    """The night without the hour is stepped over; a window that is open opens now."""
    windows = [parsed("02:00-03:00")]
    assert opens_ms(windows, BERLIN, at("2026-03-28 12:00")) == at("2026-03-30 02:00")
    assert opens_ms(windows, BERLIN, at("2026-03-30 02:10")) == at("2026-03-30 02:10")
    assert opens_ms([parsed("sat 01:00-04:00")], BERLIN, at("2026-11-21 04:00")) == at("2026-11-28 01:00")
    assert opens_ms([parsed("sun 02:00-03:00")], BERLIN, at("2026-03-28 12:00")) == at("2026-04-05 02:00")


def test_windows_none_are_always() -> None:
    """Without a word of the operator's there is no hour to wait for."""
    assert is_open([], BERLIN, 0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sometimes", "write it as"),
        ("1:00", "write it as"),
        ("01:00-25:00", "no such time as 25:00"),
        ("01:60-02:00", "no such time as 01:60"),
        ("03:00-03:00", "never opens"),
        ("24:00-03:00", "never opens"),
        ("someday 01:00-02:00", "no such day as 'someday'"),
        ("mon- 01:00-02:00", "no such day"),
    ],
)
def test_window_that_is_none_says_how_one_is_written(text: str, told: str) -> None:
    """A slip of the hand is told before anything is offered."""
    if text == "mon- 01:00-02:00":
        assert parsed(text) == parsed("mon 01:00-02:00")
        return
    with pytest.raises(ValueError, match=told):
        parsed(text)


@settings(max_examples=100, deadline=None)
@given(
    days=st.frozensets(st.integers(0, 6), min_size=1),
    begin_min=st.integers(0, 1439),
    end_min=st.integers(0, 1440),
    minutes=st.integers(0, 3 * 366 * 1440),
)
def test_window_as_it_is_written_is_the_window_that_is_read(
    days: frozenset[int], begin_min: int, end_min: int, minutes: int
) -> None:
    """What is kept as text comes back, and opens exactly when a walk minute by minute finds it open."""
    if begin_min == end_min:
        return
    window = Window(days=days, begin_min=begin_min, end_min=end_min)
    assert parsed(str(window)) == window
    now_ms = at("2026-01-01 00:00", UTC) + minutes * MINUTE_MS
    opens = datetime.fromtimestamp(opens_ms([window], BERLIN, now_ms) / 1000, BERLIN)
    assert window.holds(opens.weekday(), 60 * opens.hour + opens.minute)
    before = opens.astimezone(UTC) - timedelta(minutes=1)
    local = before.astimezone(BERLIN)
    assert before.timestamp() * 1000 < now_ms or not window.holds(local.weekday(), 60 * local.hour + local.minute)
