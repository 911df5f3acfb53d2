"""Schedule: open by the clock: once in every period, and only in certain hours of the day.

Periods are aligned to 1970, so that all nodes of a site with the same period report the same instants, and a node
that restarts does not report twice. It judges the time of the sample; it does not make samples come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from node.options import option
from node.values import Outcome, TimeQuality, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.gate import State
    from node.values import Sample

DAY_S: Final = 86_400
CLOCK: Final = r"([01]\d|2[0-3]):[0-5]\d"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """When to open; at least one of the two rules."""

    period_s: float = option(
        "open at the first sample of every period, in seconds; 0 for every sample", default=0.0, least=0
    )
    offset_s: float = option("shift of the periods against 1970, in seconds", default=0.0)
    hours: tuple[str, ...] = option(
        "times of day in UTC, such as 06:00-09:30 or 22:00-04:00; none for the whole day",
        default=(),
        pattern=f"{CLOCK}-{CLOCK}",
    )

    def __post_init__(self) -> None:
        if not self.period_s and not self.hours:
            raise ValueError("period_s is 0 and hours is empty; give at least one, or use part = 'always'")
        for each in self.hours:
            if each[:5] == each[-5:]:
                raise ValueError(f"hours: {each} is empty; leave hours out for the whole day")


class Schedule:
    """Opens once in each period, inside the hours.

    While the clock was never set the hours are left aside: a report at the wrong hour is better than none.
    """

    channels: tuple[str, ...] = ()

    def __init__(self, params: Params) -> None:
        self._params = params
        self._hours = [_seconds(each) for each in params.hours]
        self._period: float | None = None

    def judge(self, sample: Sample) -> Verdict:
        """Compare the sample's time with the hours and with the period last opened in."""
        if not self._in_hours(sample):
            return Verdict(Outcome.SHUT, f"outside {', '.join(self._params.hours)} UTC")
        if not self._params.period_s:
            return Verdict(Outcome.OPEN, "inside the hours")
        period = (sample.time_ms - 1000 * self._params.offset_s) // (1000 * self._params.period_s)
        # Not equal, rather than later: after a clock was set back the node must not fall silent until it caught up.
        if period == self._period:
            return Verdict(Outcome.SHUT, f"already open in this period of {self._params.period_s:g} s")
        self._period = period
        return Verdict(Outcome.OPEN, f"a new period of {self._params.period_s:g} s")

    def memory(self) -> State:
        """Return the number of the period last opened in."""
        return {} if self._period is None else {"period": self._period}

    def recall(self, state: Mapping[str, float]) -> None:
        """Take that number back."""
        self._period = state.get("period")

    def _in_hours(self, sample: Sample) -> bool:
        if not self._hours or sample.time_quality is TimeQuality.UNSET:
            return True
        now_s = sample.time_ms / 1000 % DAY_S
        # Counted from the opening hour, an interval across midnight is like any other.
        return any((now_s - start_s) % DAY_S < (end_s - start_s) % DAY_S for start_s, end_s in self._hours)


def _seconds(hours: str) -> tuple[int, int]:
    """Turn `06:00-09:30` into seconds since midnight."""
    start, end = (60 * int(each[-5:-3]) + int(each[-2:]) for each in hours.split("-"))
    return 60 * start, 60 * end
