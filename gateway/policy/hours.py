"""Hours: the hour of the day by which a schedule goes: that on the site's wall, but for two nights of the year (pure).

When clocks are set forward an hour of the day is missing, and a rule for it would not be followed that day; when they
are set back an hour comes twice, and so would a rule. So around such a change the schedule's clock goes faster or
slower instead of leaping: for `SPREAD_S` to either side the change is spread evenly, and every hour of the day comes
once. It is then off the wall's by half the change at most, and by nothing at other times.

Source: the same is done with leap seconds (Google, "Leap Smear"); time zones are the IANA database's, by `zoneinfo`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import tzinfo

SPREAD_S: Final = 7200.0
"""Twice this is more than any change of today's zones (2 h, at Troll), so the clock never stands still."""


def hour_of_day(zone: tzinfo, now_ms: int) -> float:
    """Return the hour of the day at a site, from 0 up to 24.

    Args:
        zone: of the clock on its wall.
        now_ms: the time.

    >>> from zoneinfo import ZoneInfo
    >>> at = lambda *when: round(datetime(*when, tzinfo=UTC).timestamp() * 1000)
    >>> berlin = ZoneInfo("Europe/Berlin")  # at 01:00 UTC its clocks leap from 2 to 3
    >>> [hour_of_day(berlin, at(2026, 3, 28, hour)) for hour in (22, 23)]
    [23.0, 0.0]
    >>> [hour_of_day(berlin, at(2026, 3, 29, hour)) for hour in (0, 1, 2, 3)]
    [1.25, 2.5, 3.75, 5.0]
    """
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    return (now_ms / 3_600_000 + _offset_s(zone, now) / 3600.0) % 24.0


def _offset_s(zone: tzinfo, now: datetime) -> float:
    """Return the offset from UTC, s; around a change, on the way from the one before to the one after."""
    spread = timedelta(seconds=SPREAD_S)
    before_s, after_s = _wall_s(zone, now - spread), _wall_s(zone, now + spread)
    if before_s == after_s:
        return before_s
    into_s = SPREAD_S - (_change(zone, now - spread, now + spread) - now).total_seconds()
    return before_s + (after_s - before_s) * into_s / (2.0 * SPREAD_S)


def _change(zone: tzinfo, low: datetime, high: datetime) -> datetime:
    """Return when, between two times, the offset changes; to the microsecond, by halving."""
    before_s = _wall_s(zone, low)
    while high - low > timedelta(microseconds=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if _wall_s(zone, middle) == before_s else (low, middle)
    return high


def _wall_s(zone: tzinfo, at: datetime) -> float:
    offset = at.astimezone(zone).utcoffset()
    return 0.0 if offset is None else offset.total_seconds()
