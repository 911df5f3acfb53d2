"""Maintenance windows: when offers may be made, by the clock on the site's wall (pure).

A window is open whenever that clock shows a time in it. So a night in which the clocks leap over a window has none, and
one in which they are set back into it has it twice: nothing is ever offered at an hour that was not agreed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection
    from zoneinfo import ZoneInfo

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WORDS: Final = re.compile(r"(?:([a-z,-]+) +)?(\d{1,2}):(\d\d) *- *(\d{1,2}):(\d\d)")
_DAY_MIN: Final = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span of the day, on some days of the week.

    Attributes:
        days: on which it begins; 0 is Monday.
        begin_min: minutes since midnight.
        end_min: the first minute after it; not later than `begin_min` for one that ends on the next day.
    """

    days: frozenset[int]
    begin_min: int
    end_min: int

    def holds(self, day: int, minute: int) -> bool:
        """Whether a minute of a day of the week lies in it."""
        if self.begin_min < self.end_min:
            return day in self.days and self.begin_min <= minute < self.end_min
        return (day in self.days and minute >= self.begin_min) or ((day - 1) % 7 in self.days and minute < self.end_min)

    def __str__(self) -> str:
        days = "" if len(self.days) == 7 else ",".join(DAYS[day] for day in sorted(self.days)) + " "
        begin, end = (f"{each // 60:02}:{each % 60:02}" for each in (self.begin_min, self.end_min))
        return f"{days}{begin}-{end}"


def parsed(text: str) -> Window:
    """Read a window as it is typed.

    Raises:
        ValueError: it is none; says how one is written.

    >>> str(parsed("sat,sun 1:00-04:00")), str(parsed("mon-fri 22:00-05:30")), str(parsed("02:00-03:00"))
    ('sat,sun 01:00-04:00', 'mon,tue,wed,thu,fri 22:00-05:30', '02:00-03:00')
    """
    found = _WORDS.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r} is no window; write it as '01:00-04:00' or 'sat,sun 01:00-04:00'")
    begin_min, end_min = (_minute(found[at], found[at + 1], text) for at in (2, 4))
    if begin_min in {end_min, _DAY_MIN}:
        raise ValueError(f"{text!r} never opens; its end is its begin")
    return Window(days=_days(found[1], text), begin_min=begin_min, end_min=end_min)


def _minute(hour: str, minute: str, text: str) -> int:
    found = 60 * int(hour) + int(minute)
    if int(minute) > 59 or found > _DAY_MIN:
        raise ValueError(f"{text!r} has no such time as {hour}:{minute}; a day is 00:00-24:00")
    return found


def _days(words: str | None, text: str) -> frozenset[int]:
    if words is None:
        return frozenset(range(7))
    days: set[int] = set()
    for word in words.split(","):
        first, _, last = word.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise ValueError(f"{text!r} has no such day as {word!r}; the days are {', '.join(DAYS)}")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        days |= {(begin + each) % 7 for each in range((end - begin) % 7 + 1)}
    return frozenset(days)


def is_open(windows: Collection[Window], zone: ZoneInfo, now_ms: int) -> bool:
    """Whether offers may be made now; without any window, always."""
    local = datetime.fromtimestamp(now_ms / 1000, zone)
    minute = 60 * local.hour + local.minute
    return not windows or any(each.holds(local.weekday(), minute) for each in windows)


def opens_ms(windows: Collection[Window], zone: ZoneInfo, now_ms: int) -> int:
    """Return when offers may be made next; now, where they may."""
    if is_open(windows, zone, now_ms):
        return now_ms
    today = datetime.fromtimestamp(now_ms / 1000, zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    begins = (
        today + timedelta(days=day, minutes=each.begin_min) for day in range(15) for each in windows
    )  # in wall time: two weeks, for a night that has none
    later = (round(each.timestamp() * 1000) for each in begins)
    return min(each for each in later if each > now_ms and is_open(windows, zone, each))
