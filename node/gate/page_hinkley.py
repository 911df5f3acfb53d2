"""Page-Hinkley: open when a channel's mean has shifted, however small each step was.

It adds up what exceeds the running mean by more than `delta`, and opens when the sum reaches `threshold`. A slow drift
that a z-score swallows adds up here; a single spike below the threshold does not open it. After an opening it starts
anew, at the new level.
Source: E. S. Page, "Continuous inspection schemes", Biometrika 41 (1954) 100-115; D. V. Hinkley, "Inference about the
change-point from cumulative sum tests", Biometrika 58 (1971) 509-523.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Final, Literal

from node.options import option
from node.values import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.gate import State
    from node.values import Sample

KEYS: Final = ("count", "mean", "rise", "fall")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """How much of a shift is one."""

    channel: str = option("the channel to watch")
    delta: float = option("change of the mean to put up with, in the channel's unit", least=0)
    threshold: float = option("open when this much has added up beyond delta, in the channel's unit", above=0)
    direction: Literal["both", "up", "down"] = option("which shifts are news", default="both")
    warmup: int = option("samples of a level to learn its mean from before it judges", default=30, least=1)


@dataclass(slots=True)
class Sums:
    """The mean since the last opening, and what has added up above and below it.

    `rise` is m_t - min(m_1..m_t) of the papers, kept as max(0, rise + step), which is the same number and cannot
    drift away from zero over a year of samples.
    """

    count: float = 0.0
    mean: float = 0.0
    rise: float = 0.0
    fall: float = 0.0

    def add(self, value: float, delta: float) -> None:
        """Take one value in; the mean includes it, as in Hinkley's test."""
        self.count += 1.0
        self.mean += (value - self.mean) / self.count
        self.rise = max(0.0, self.rise + value - self.mean - delta)
        self.fall = max(0.0, self.fall + self.mean - value - delta)


class PageHinkley:
    """Opens once for each shift of the mean."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self._sums = Sums()

    @property
    def channels(self) -> tuple[str, ...]:
        """The channel watched."""
        return (self._params.channel,)

    def judge(self, sample: Sample) -> Verdict:
        """Add the value up, and start anew where the sum is full."""
        sums, limit = self._sums, self._params.threshold
        sums.add(sample.values[self._params.channel], self._params.delta)
        if sums.count <= self._params.warmup:
            return Verdict(Outcome.SHUT, f"learning: {sums.count:.0f} of {self._params.warmup} samples")
        total = self._total()
        if total < limit:
            return Verdict(Outcome.SHUT, f"steady: {total:.4g} of {limit:g} added up")
        self._sums = Sums()
        word = "rose" if total == sums.rise else "fell"
        return Verdict(Outcome.OPEN, f"the mean {word}: {total:.4g} >= {limit:g} added up", self._params.channel)

    def memory(self) -> State:
        """Return mean and sums."""
        return dict(zip(KEYS, astuple(self._sums), strict=True))

    def recall(self, state: Mapping[str, float]) -> None:
        """Take mean and sums back."""
        self._sums = Sums(*(state[key] for key in KEYS)) if all(key in state for key in KEYS) else Sums()

    def _total(self) -> float:
        rise, fall = self._sums.rise, self._sums.fall
        return {"both": max(rise, fall), "up": rise, "down": fall}[self._params.direction]
