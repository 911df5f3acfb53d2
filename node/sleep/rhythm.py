"""How fast a node lives, between two hard limits, and what that draws (pure).

One number bends everything: the level, 0 for the slowest and 1 for the fastest life. Periods go geometrically between
the limits, so that a step of the level is the same share of the rate anywhere; a batch is what gathers in an interval,
so it bends with both; and the models take their turns, the thriftiest at the lowest levels.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Final

STEPS: Final = 40
"""Halvings of the search for a level: to 1e-12 of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """A way of life.

    Attributes:
        period_s: from one sample to the next.
        interval_s: from one transmission to the next.
        model: the variant that answers; empty for the only one.
    """

    period_s: float
    interval_s: float
    model: str = ""

    @property
    def batch(self) -> float:
        """Samples that one transmission carries, at least 1."""
        return max(self.interval_s / self.period_s, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What no controller leaves.

    Attributes:
        fastest_s: least seconds from sample to sample.
        slowest_s: most.
        eager_s: least seconds from transmission to transmission.
        patient_s: most.
        most_batch: samples that may gather for one transmission, which wins over `eager_s`.
        models: variants, the thriftiest first.
    """

    fastest_s: float
    slowest_s: float
    eager_s: float
    patient_s: float
    most_batch: float = inf
    models: tuple[str, ...] = ("",)

    def __post_init__(self) -> None:
        if not 0.0 < self.fastest_s <= self.slowest_s:
            raise ValueError(f"fastest_s {self.fastest_s:g} to slowest_s {self.slowest_s:g} is no range above 0")
        if not 0.0 < self.eager_s <= self.patient_s:
            raise ValueError(f"eager_s {self.eager_s:g} to patient_s {self.patient_s:g} is no range above 0")
        if not self.most_batch >= 1.0:
            raise ValueError(f"most_batch {self.most_batch:g} is at least 1")
        if not self.models:
            raise ValueError("models is empty; ('',) stands for the only one")

    def at(self, level: float) -> Rhythm:
        """Return the rhythm of a level.

        >>> Limits(fastest_s=60.0, slowest_s=3840.0, eager_s=600.0, patient_s=9600.0).at(0.5)
        Rhythm(period_s=480.0, interval_s=2400.0, model='')
        """
        level = min(max(level, 0.0), 1.0)
        period_s = _between(self.slowest_s, self.fastest_s, level)
        interval_s = _between(self.patient_s, self.eager_s, level)
        model = self.models[min(int(level * len(self.models)), len(self.models) - 1)]
        return Rhythm(
            period_s=period_s,
            interval_s=min(interval_s, self.most_batch * period_s),
            model=model,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a life draws; from the board's figures at first, from the ledger once it has books.

    Attributes:
        rest_mw: while nothing happens.
        sample_mj: one sample, beyond rest: waking, boot, sensing, judging, inferring.
        session_mj: one transmission, beyond rest.
    """

    rest_mw: float
    sample_mj: float
    session_mj: float

    def draw_mw(self, rhythm: Rhythm) -> float:
        """Return the mean draw. A transmission needs a sample to happen in, so it is never more frequent."""
        every_s = max(rhythm.interval_s, rhythm.period_s)
        return self.rest_mw + self.sample_mj / rhythm.period_s + self.session_mj / every_s


def level_for(budget_mw: float, limits: Limits, cost: Cost) -> float:
    """Return the highest level whose draw a budget bears; 0 where it bears none."""
    if cost.draw_mw(limits.at(1.0)) <= budget_mw:
        return 1.0
    lower, upper = 0.0, 1.0
    for _ in range(STEPS):
        middle = (lower + upper) / 2.0
        if cost.draw_mw(limits.at(middle)) <= budget_mw:
            lower = middle
        else:
            upper = middle
    return lower


def _between(slow_s: float, fast_s: float, level: float) -> float:
    """Go geometrically, exactly at both ends, and never beyond one by a rounding."""
    mean_s: float = slow_s * (fast_s / slow_s) ** level
    return min(max(mean_s, fast_s), slow_s)
