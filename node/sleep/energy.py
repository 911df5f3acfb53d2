"""`[energy]`: what a node lives on, and how careful to be with it; the options alone, which every start reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from node.options import option
from node.sleep.guard import Params as GuardParams

LONGEST_S: Final = 3600.0
"""Most seconds between two samples: the sun is learnt by the hour, and the battery looked at."""
DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """`[energy]`: live on a battery of `node.battery_wh`, and on the sun; without the section the rhythm is fixed."""

    adaptive: bool = option(
        "bend the rhythm by battery and sun, and let `[infer.lighter]` answer at the lower levels; false: watch, guard "
        "and plan only",
        default=True,
    )
    chemistry: Literal["lithium-cobalt", "other"] = option(
        "of the cells, for a gauge that knows only a voltage; of `other` ones a voltage tells nothing",
        default="lithium-cobalt",
    )
    counted_from: float | None = option(
        "share of the battery at the very first start, to count joules from where no gauge tells; not given: empty",
        default=None,
        least=0.0,
        most=1.0,
    )
    reserve: float = option(
        "share of the battery that is kept for the sunless; below it the node lives at its slowest",
        default=0.3,
        least=0.0,
        most=1.0,
    )
    margin: float = option("share above the reserve at which it lives on", default=0.1, least=0.0, most=1.0)
    target: float = option("share that the battery shall have after `days`", default=0.75, least=0.0, most=1.0)
    days: int = option("how far ahead the sun is counted on, in days", default=3, least=1, most=14)
    caution: float = option(
        "share of the expected sun that is counted on where the reserve is at stake", default=0.4, least=0.0, most=1.0
    )
    smoothing: float = option(
        "share of the way to a new budget that is gone in an hour", default=0.02, above=0.0, most=1.0
    )
    step: float = option(
        "how far the level, 0 slowest to 1 fastest, must be able to rise before it does", default=0.02, least=0.0
    )
    weight: float = option("of a new day in the expected sun, against all before it", default=0.1, above=0.0, most=1.0)
    fastest_s: float | None = option(
        "hard limit: least seconds from sample to sample; not given: `sleep.period_s`", default=None, above=0.0
    )
    slowest_s: float | None = option(
        "hard limit: most seconds from sample to sample; not given: ten times the least, at most an hour",
        default=None,
        above=0.0,
        most=LONGEST_S,
    )
    eager_s: float | None = option(
        "hard limit: least seconds from transmission to transmission; not given: `transmit.interval_s`",
        default=None,
        above=0.0,
    )
    patient_s: float | None = option(
        "hard limit: most seconds from transmission to transmission; not given: ten times the least, at most a day",
        default=None,
        above=0.0,
        most=DAY_S,
    )
    most_batch: float = option(
        "hard limit: samples that may gather for one transmission; it wins over the least seconds between those",
        default=4096.0,
        least=1.0,
    )
    panel_w: float | None = option(
        "peak power of the panel in W, for forecasts and the plan; not given: no panel, or nobody knows",
        default=None,
        above=0.0,
    )
    yielded: float = option(
        "share of the panel's power that reaches the battery past dirt, heat and charger",
        default=0.7,
        above=0.0,
        most=1.0,
    )
    poor_day_h: float = option(
        "hours of full sun, or kWh/m2, on a poor day, for the plan; 1 is a winter's day at 50 degrees north",
        default=1.0,
        least=0.0,
        most=24.0,
    )
    guard: GuardParams = option("when a start is put off", default=GuardParams())

    def __post_init__(self) -> None:
        if not 0.0 <= self.reserve <= self.reserve + self.margin <= self.target <= 1.0:
            raise ValueError(
                f"reserve {self.reserve:g}, with its margin {self.margin:g}, is above target {self.target:g}"
            )
        if not (0.0 < self.smoothing <= 1.0 and 0.0 < self.weight <= 1.0 and 0.0 <= self.caution <= 1.0):
            raise ValueError("smoothing, weight and caution are shares")
        if self.days < 1 or self.step < 0.0:
            raise ValueError(f"days {self.days} is at least 1, step {self.step:g} at least 0")
