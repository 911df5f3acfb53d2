"""Strikes: whose windows ended a model's process when they were asked about alone. Pure.

One such window may have come at a bad moment; whoever sends another within the hour is not asked about any more until
it is over, or one node could keep a model from all the others.
"""

from __future__ import annotations

from typing import Final

MOST: Final = 2
HOUR_S: Final = 3600.0

Who = tuple[str, str]
"""Stream and node."""


class Strikes:
    """Remembers for an hour. The time is an argument."""

    def __init__(self) -> None:
        self._found_s: dict[Who, list[float]] = {}

    def add(self, who: Who, now_s: float) -> None:
        """Note a death, and forget those that are over; another thread may be asking who is barred."""
        known = {**self._found_s, who: [*self._found_s.get(who, ()), now_s]}
        self._found_s = {each: found_s for each, found_s in known.items() if found_s[-1] > now_s - HOUR_S}

    def bars(self, who: Who, now_s: float) -> bool:
        """Whether somebody's windows are not asked about now."""
        return sum(each > now_s - HOUR_S for each in self._found_s.get(who, ())) >= MOST

    def barred(self, now_s: float) -> list[Who]:
        """Return all of whom that is so."""
        return sorted(who for who in self._found_s if self.bars(who, now_s))
