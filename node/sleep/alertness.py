"""How soon to look again (pure): fast when something happens, slow when nothing does.

An open gate brings the fast period at once, and holds it for some looks, since what happens goes on happening; then
each look that finds nothing lengthens the period by a factor, up to the slow one. A reading that is missing says
nothing, so nothing changes: a broken sensor neither drains the battery nor puts the node to sleep.
"""

from __future__ import annotations

from dataclasses import dataclass

from node.options import option
from node.values import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """`[alertness]`: how lively to be; without the section the period is steady."""

    speedup: float = option(
        "how many times faster than `sleep.period_s` to sample while the gate opens", default=4.0, least=1.0
    )
    hold: int = option("samples at the fast period after the last one that opened the gate", default=3, least=0)
    slower: float = option("factor by which each quiet sample after those lengthens the period", default=1.5, above=1.0)
    shortest_s: float = option("hard limit: no period below this, in seconds", default=1.0, above=0.0)

    def __post_init__(self) -> None:
        if not (self.speedup >= 1.0 and self.slower > 1.0 and self.hold >= 0):
            raise ValueError("speedup is at least 1, slower more than 1, hold at least 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alertness:
    """What is remembered from look to look.

    Attributes:
        share: of the slow period, 0 < share <= 1.
        held: looks for which the fast period is still held.
    """

    share: float = 1.0
    held: int = 0

    def period_s(self, slow_s: float, least_s: float) -> float:
        """Return the seconds until the next look.

        Args:
            slow_s: the period while nothing happens, as the energy budget has it.
            least_s: hard limit, which wins.

        >>> Alertness(share=0.25).period_s(600.0, 60.0)
        150.0
        """
        return max(self.share * slow_s, min(least_s, slow_s))


def after(alertness: Alertness, outcome: Outcome, params: Params = Params()) -> Alertness:
    """Return the alertness after a look.

    >>> after(Alertness(), Outcome.OPEN)
    Alertness(share=0.25, held=3)
    """
    if outcome is Outcome.OPEN:
        return Alertness(share=1.0 / params.speedup, held=params.hold)
    if outcome is Outcome.MISSING:
        return alertness
    if alertness.held:
        return Alertness(share=alertness.share, held=alertness.held - 1)
    return Alertness(share=min(alertness.share * params.slower, 1.0))
