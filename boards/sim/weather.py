"""The weather in an orchard in spring, and what it and the valves do to soil and leaves: a model. It is synthetic.

Air goes through its day as a cosine about a mean that drifts from day to day, wide under a clear sky and narrow under
a cloudy one; some nights end below freezing, and nothing places them. Relative humidity follows from the air and a dew
point (Magnus). A shower wets leaves at once; they dry after it. A valve opens every other morning; soil takes the water
up while it is open, and loses it exponentially.

Everything is a function of time and seed alone, and so are the events: labels that nobody guessed from the readings.
Source: D. Sonntag, "Important new values of the physical constants of 1986", Zeitschrift fuer Meteorologie 40 (1990)
(Magnus' coefficients); the rest is plausible, and measured nowhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Kind = Literal["irrigation", "wetting", "frost"]

DAY_S: Final = 86_400.0
MINUTE_S: Final = 60.0
MEAN_C: Final = 8.0
DRIFT_C: Final = 2.5
"""Standard deviation of a day's mean."""
SWING_C: Final = (3.0, 7.0)
"""Half of the way from the day's least to its most, under a cloudy and under a clear sky."""
WARMEST_H: Final = 15.0
DEW_BELOW_MEAN_C: Final = 5.0
DRYING_S: Final = 2.0 * 3600.0
"""From the end of a shower until leaves are dry."""
VALVE_S: Final = 30.0 * MINUTE_S
TAKEN_UP: Final = 9.0
"""Points of soil moisture that one irrigation brings; a shower brings half of it."""
DRAINING_S: Final = 30.0 * 3600.0
WILTING: Final = 18.0
REACH_DAYS: Final = 8
"""Days back that soil remembers: what is older is less than a hundredth of a point."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        kind: what.
        start_s: seconds since 1970.
        stop_s: the first second after it.
    """

    kind: Kind
    start_s: float
    stop_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What chance made of a day.

    Attributes:
        mean_c: of the air.
        swing_c: about the mean.
        shower: when it rained; None for not.
        irrigation: when the valve was open; None for not.
    """

    mean_c: float
    swing_c: float
    shower: Event | None
    irrigation: Event | None


class Orchard:
    """The orchard that a seed stands for."""

    def __init__(self, seed: int) -> None:
        """Nothing has happened yet; days are made when they are asked for, and kept."""
        self._seed = seed
        self._days: dict[int, Day] = {}

    def day(self, number: int) -> Day:
        """Return a day, counted from 1970."""
        if number not in self._days:
            self._days[number] = self._made(number)
        return self._days[number]

    def air_c(self, time_s: float) -> float:
        """Return the temperature of the air."""
        swing_c = self._between(time_s, lambda day: day.swing_c)
        hour = time_s % DAY_S / 3600.0
        return self._mean_c(time_s) + swing_c * math.cos(math.tau * (hour - WARMEST_H) / 24.0)

    def humidity(self, time_s: float) -> float:
        """Return the relative humidity in per cent; rain saturates the air."""
        dew_c = self._mean_c(time_s) - DEW_BELOW_MEAN_C + 0.05 * self.wetness(time_s)
        return min(100.0 * math.exp(_magnus(dew_c) - _magnus(self.air_c(time_s))), 100.0)

    def wetness(self, time_s: float) -> float:
        """Return how much of a leaf is wet, in per cent."""
        today = int(time_s // DAY_S)
        showers = [self.day(number).shower for number in (today - 1, today)]
        return max((_wet(each, time_s) for each in showers if each), default=0.0)

    def soil(self, time_s: float) -> float:
        """Return the water in the soil in per cent of its volume."""
        today = int(time_s // DAY_S)
        days = [self.day(number) for number in range(today - REACH_DAYS, today + 1)]
        watered = sum(_held(each.irrigation, TAKEN_UP, time_s) for each in days if each.irrigation)
        return WILTING + watered + sum(_held(each.shower, TAKEN_UP / 2.0, time_s) for each in days if each.shower)

    def events(self, start_s: float, stop_s: float) -> list[Event]:
        """Return what happens wholly within a time, in order."""
        days = [self.day(number) for number in range(int(start_s // DAY_S) - 1, int(stop_s // DAY_S) + 1)]
        found = [each for day in days for each in (day.irrigation, day.shower) if each] + list(
            self._frosts(start_s, stop_s)
        )
        return sorted(
            (each for each in found if start_s <= each.start_s and each.stop_s <= stop_s), key=lambda each: each.start_s
        )

    def _frosts(self, start_s: float, stop_s: float) -> Iterator[Event]:
        """Find the stretches below freezing, to the minute."""
        since_s = None
        for minute in range(math.ceil((stop_s - start_s) / MINUTE_S) + 1):
            now_s = start_s + minute * MINUTE_S
            freezes = self.air_c(now_s) < 0.0
            if freezes and since_s is None:
                since_s = now_s
            elif not freezes and since_s is not None:
                yield Event("frost", since_s, now_s)
                since_s = None

    def _made(self, number: int) -> Day:
        rng = Random(self._seed * 1_000_003 + number)  # noqa: S311 - chance, not a secret
        midnight_s = number * DAY_S
        mean_c, clear = rng.gauss(MEAN_C, DRIFT_C), rng.random() < 0.6
        rains, rain_s = rng.random() < 0.3, midnight_s + rng.uniform(0.0, 20.0 * 3600.0)
        lasts_s, valve_s = rng.uniform(20.0, 180.0) * MINUTE_S, midnight_s + rng.uniform(4.0, 6.0) * 3600.0
        return Day(
            mean_c=mean_c,
            swing_c=SWING_C[clear],
            shower=Event("wetting", rain_s, rain_s + lasts_s) if rains else None,
            irrigation=Event("irrigation", valve_s, valve_s + VALVE_S) if number % 2 else None,
        )

    def _mean_c(self, time_s: float) -> float:
        return self._between(time_s, lambda day: day.mean_c)

    def _between(self, time_s: float, of: Callable[[Day], float]) -> float:
        """Go straight from one noon's value to the next."""
        noons = time_s / DAY_S - 0.5
        before = math.floor(noons)
        share = noons - before
        return of(self.day(before)) * (1.0 - share) + of(self.day(before + 1)) * share


def _magnus(air_c: float) -> float:
    return 17.62 * air_c / (243.12 + air_c)


def _wet(shower: Event, time_s: float) -> float:
    """Return what a shower leaves on a leaf: all of it after five minutes, and nothing once it is dry."""
    if time_s < shower.start_s:
        return 0.0
    wetting, drying = (time_s - shower.start_s) / (5.0 * MINUTE_S), 1.0 - (time_s - shower.stop_s) / DRYING_S
    return 100.0 * max(min(wetting, drying, 1.0), 0.0)


def _held(water: Event, points: float, time_s: float) -> float:
    """Return what is left in the soil of a watering: it rises while there is water, and drains from then on."""
    if time_s <= water.start_s:
        return 0.0
    taken = min((time_s - water.start_s) / (water.stop_s - water.start_s), 1.0)
    return points * taken * math.exp(-max(time_s - water.stop_s, 0.0) / DRAINING_S)
