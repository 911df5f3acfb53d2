"""Forecast: the sun of the coming days, read from a file as an operator or a weather service writes it. Pure.

It names days by UTC and what falls on a square metre of flat ground in each, in Wh/m2; CSV is as good as JSON. Nodes
make joules of it by their own panel.

    day,wh_m2            {"2026-06-21": 6900, "2026-06-22": 2300}
    2026-06-21,6900
    2026-06-22,2300      [{"day": "2026-06-21", "wh_m2": 6900}, {"day": "2026-06-22", "wh_m2": 2300}]
"""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from gateway.errors import ConfigError, Problem
from node.wire.messages import MOST_WH_M2

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY_MS: Final = 86_400_000
MOST_DAYS: Final = 14
"""A message holds no more."""

Rows = list[tuple[str, object, object]]
"""Where each stands, its day and its figure."""


def read(text: str, now_ms: int) -> dict[date, float]:
    """Read a forecast; days that are over are left out.

    Args:
        text: CSV with the columns `day` and `wh_m2`, or JSON.
        now_ms: by the gateway's clock.

    Raises:
        ConfigError: every problem of it.
    """
    problems: list[Problem] = []
    rows = _json(text) if text.lstrip()[:1] in ("{", "[") else _csv(text)
    days: dict[date, float] = {}
    for where, said_day, said_figure in rows:
        day, figure = _day(said_day), _figure(said_figure)
        if day is None:
            problems.append(Problem(where, f"{said_day!r} is no day; write it as 2026-06-21, by UTC"))
        elif day in days:
            problems.append(Problem(where, f"{day} stands there twice; keep one of them"))
        if figure is None:
            problems.append(Problem(where, f"{said_figure!r} is no number from 0 to {MOST_WH_M2:g}; Wh/m2 of the day"))
        if day is not None:
            days[day] = figure or 0.0
    problems += _of_days(days, date_of(now_ms))
    if problems:
        raise ConfigError(problems)
    return {day: days[day] for day in sorted(days) if day >= date_of(now_ms)}


def _csv(text: str) -> Rows:
    reader = csv.DictReader(text.splitlines(), skipinitialspace=True)
    missing = {"day", "wh_m2"} - set(reader.fieldnames or ())
    if missing:
        told = f"the first line must name the columns day and wh_m2; no {' and no '.join(sorted(missing))}"
        raise ConfigError([Problem("line 1", told)])
    try:
        return [(f"line {reader.line_num}", row["day"], row["wh_m2"]) for row in reader]
    except csv.Error as error:
        raise ConfigError([Problem(f"line {reader.line_num}", f"no CSV: {error}")]) from error


def _json(text: str) -> Rows:
    try:
        said = json.loads(text)
    except ValueError as error:
        raise ConfigError([Problem("JSON", f"{error}")]) from error
    if isinstance(said, dict):
        return [(f"[{day!r}]", day, figure) for day, figure in said.items()]
    entries = [each if isinstance(each, dict) else {"day": each} for each in said]
    return [(f"[{at}]", each.get("day"), each.get("wh_m2")) for at, each in enumerate(entries)]


def _day(said: object) -> date | None:
    try:
        return date.fromisoformat(said.strip()) if isinstance(said, str) else None
    except ValueError:
        return None


def _figure(said: object) -> float | None:
    try:
        figure = float(said) if isinstance(said, str | int | float) and not isinstance(said, bool) else -1.0
    except ValueError:
        return None
    return figure if 0.0 <= figure <= MOST_WH_M2 else None


def _of_days(days: Mapping[date, float], today: date) -> list[Problem]:
    """Find what is wrong with the days together."""
    if not days:
        return [Problem("forecast", f"it holds no day; give at least one, from {today} on")]
    first, last = min(days), max(days)
    if last < today:
        return [Problem("forecast", f"its last day, {last}, is over; today is {today}, by UTC")]
    begins = max(first, today)
    longest = begins + timedelta(days=MOST_DAYS - 1)
    if last > longest:
        return [Problem("forecast", f"{last} is too far; at most {MOST_DAYS} days: leave out those after {longest}")]
    every = (begins + timedelta(days=at) for at in range((last - begins).days + 1))
    missing = "is missing between others; each day needs its figure"
    return [Problem("forecast", f"{day} {missing}") for day in every if day not in days]


def date_of(time_ms: int) -> date:
    """Return the day of a time, by UTC."""
    return datetime.fromtimestamp(time_ms / 1e3, UTC).date()
