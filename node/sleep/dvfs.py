"""How fast to work: race to idle, or crawl (pure).

The same work takes longer at a lower clock and draws less meanwhile. What decides is what the board draws at rest: on
a Raspberry Pi half of the draw is there at any clock, so the sooner it rests the better; where rest costs nearly as
much as crawling, crawling wins. Le Sueur and Heiser 2010, "Dynamic voltage and frequency scaling: the laws of
diminishing returns", HotPower; the sum below is theirs, with rest in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from node.hal import Mode
from node.options import option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.hal import OperatingPoint

Wish = Literal["keep", "auto", "powersave", "balanced", "performance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What the operator or a policy wishes. Clocks belong to the whole machine, so none is touched unasked."""

    mode: Wish = option(
        "clocks of the machine: keep for as they are, auto for what the board's figures say, or a mode by name",
        default="keep",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a period holds.

    Attributes:
        busy_s: what the processor computes, at `khz`.
        khz: the clock at which that was seen.
        period_s: from one cycle to the next; the work must fit into it.
        rest_mw: what the board draws between the work and the next cycle, in the state that the planner chooses.
    """

    busy_s: float
    khz: int
    period_s: float
    rest_mw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A mode, and why.

    Attributes:
        mode: what to set.
        khz: the clock that was meant; 0 where none was weighed.
        energy_mj: of a whole period at it; 0 where none was weighed.
        reason: for a person, with the runner-up.
    """

    mode: Mode
    khz: int = 0
    energy_mj: float = 0.0
    reason: str


UNKNOWN: Final = "the board says no clocks with their draws: its governor decides"


def choose(wish: Wish, work: Work, points: Sequence[OperatingPoint]) -> Choice:
    """Choose a mode.

    Args:
        wish: a mode by name is taken as it is; who wants to keep the clocks does not ask.
        work: what a period holds.
        points: the processor's clocks, the slowest first.

    >>> from node.hal import OperatingPoint
    >>> points = [OperatingPoint(khz=600_000, busy_mw=773), OperatingPoint(khz=1_000_000, busy_mw=888)]
    >>> choose("auto", Work(busy_s=1.0, khz=1_000_000, period_s=10.0, rest_mw=400), points).reason
    'race to idle: 4488 mJ a period at 1000 MHz, 4622 mJ at 600 MHz'
    """
    if wish in {"powersave", "balanced", "performance"}:
        return Choice(mode=wish, reason="by name")
    if len(points) < 2:
        return Choice(mode="balanced", reason=UNKNOWN)
    if work.busy_s <= 0.0:
        return Choice(mode="balanced", reason="nothing was computed yet: the governor follows the load")
    fitting = [each for each in points if busy_s(work, each) <= work.period_s]
    if not fitting:
        return Choice(mode="performance", khz=points[-1].khz, reason="the work does not fit its period at any clock")
    best, *others = sorted(fitting, key=lambda each: energy_mj(work, each))
    return Choice(
        mode=_mode(best, points),
        khz=best.khz,
        energy_mj=energy_mj(work, best),
        reason=_reason(work, points, best, others),
    )


def busy_s(work: Work, point: OperatingPoint) -> float:
    """Return how long the work takes at a clock; waiting for a sensor or a radio is not in it and does not change."""
    return work.busy_s * work.khz / point.khz


def energy_mj(work: Work, point: OperatingPoint) -> float:
    """Return what a period takes at a clock: the work, and the rest of it at rest."""
    took_s = busy_s(work, point)
    return point.busy_mw * took_s + work.rest_mw * (work.period_s - took_s)


def _mode(point: OperatingPoint, points: Sequence[OperatingPoint]) -> Mode:
    if point == points[-1]:
        return "performance"
    return "powersave" if point == points[0] else "balanced"


def _reason(
    work: Work, points: Sequence[OperatingPoint], best: OperatingPoint, others: Sequence[OperatingPoint]
) -> str:
    how = {"performance": "race to idle", "powersave": "crawl", "balanced": "between race and crawl"}
    told = f"{how[_mode(best, points)]}: {energy_mj(work, best):.0f} mJ a period at {best.khz / 1000:.0f} MHz"
    if not others:
        return f"{told}; the work does not fit at a lower clock"
    return f"{told}, {energy_mj(work, others[0]):.0f} mJ at {others[0].khz / 1000:.0f} MHz"
