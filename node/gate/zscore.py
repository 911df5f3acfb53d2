"""Z-score: open when a value, or its step, is unusual by the channel's own running mean and deviation.

One recurrence does both the plain and the forgetting statistics: with weight a = 1/n it is Welford's algorithm, with a
fixed weight it is exponential forgetting; a counts down from 1 to 1/memory_samples. E[x^2] - E[x]^2 was not taken: at
100,000 Pa it has lost the weather.
Source: B. P. Welford, Technometrics 4 (1962) 419-420; D. H. D. West, CACM 22 (1979) 532-535, with weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from node.options import option
from node.values import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.gate import State
    from node.values import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What counts as unusual."""

    channel: str = option("the channel to watch")
    of: Literal["value", "step"] = option("what is judged: the value, or its step from the one before", default="value")
    threshold: float = option("open at this many standard deviations from the mean", default=3.0, above=0)
    direction: Literal["both", "up", "down"] = option("which side of the mean is news", default="both")
    warmup: int = option("samples to learn from before it judges; all of them shut", default=30, least=2)
    memory_samples: int = option(
        "samples that the statistics reach back; 0 for all since the start", default=0, least=0
    )
    clamp: float = option("a value further off counts in the statistics as if it stood here", default=4.0, least=2)
    resolution: float = option("smallest deviation to believe, in the channel's unit", default=0.0, least=0)


@dataclass(slots=True)
class Moments:
    """Running count, mean and population variance."""

    count: float = 0.0
    mean: float = 0.0
    variance: float = 0.0

    def add(self, value: float, memory_samples: int = 0) -> None:
        """Take one value in.

        Args:
            value: finite.
            memory_samples: how far back the statistics reach; 0 for all.
        """
        self.count += 1.0
        weight = 1.0 / (min(self.count, memory_samples) if memory_samples else self.count)
        off = value - self.mean
        self.mean += weight * off
        self.variance = (1.0 - weight) * (self.variance + weight * off * off)


class ZScore:
    """Opens at |value - mean| >= threshold * deviation, both from before the value; a step is judged likewise.

    What is unusual is learnt slowly: the statistics take it in at most `clamp` deviations off, so that one spike does
    not deafen the gate, and a new level is still accepted in time. Where the deviation is 0, any change is unusual.
    """

    def __init__(self, params: Params) -> None:
        self._params = params
        self._moments = Moments()
        self._last: float | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """The channel watched."""
        return (self._params.channel,)

    def judge(self, sample: Sample) -> Verdict:
        """Compare with what is usual, then learn."""
        value = self._judged(sample.values[self._params.channel])
        if value is None:
            return Verdict(Outcome.SHUT, "no step yet: the first sample")
        verdict = self._verdict(value)
        self._moments.add(self._clamped(value), self._params.memory_samples)
        return verdict

    def memory(self) -> State:
        """Return the statistics."""
        learnt = {"count": self._moments.count, "mean": self._moments.mean, "variance": self._moments.variance}
        return learnt if self._last is None else learnt | {"last": self._last}

    def recall(self, state: Mapping[str, float]) -> None:
        """Take statistics back."""
        whole = all(key in state for key in ("count", "mean", "variance"))
        self._moments = Moments(state["count"], state["mean"], state["variance"]) if whole else Moments()
        self._last = state.get("last")

    def _judged(self, value: float) -> float | None:
        if self._params.of == "value":
            return value
        before, self._last = self._last, value
        return None if before is None else value - before

    def _verdict(self, value: float) -> Verdict:
        if self._moments.count < self._params.warmup:
            return Verdict(Outcome.SHUT, f"learning: {self._moments.count:.0f} of {self._params.warmup} samples")
        off, deviation = value - self._moments.mean, self._deviation()
        score = off / deviation if deviation else math.copysign(math.inf, off) if off else 0.0
        if self._watched(score) >= self._params.threshold:
            return Verdict(
                Outcome.OPEN,
                f"{self._params.of} {score:+.3g} deviations off {self._moments.mean:.6g}",
                self._params.channel,
            )
        return Verdict(Outcome.SHUT, f"usual {self._params.of}: {score:+.3g} deviations")

    def _watched(self, score: float) -> float:
        return {"both": abs(score), "up": score, "down": -score}[self._params.direction]

    def _deviation(self) -> float:
        return max(math.sqrt(self._moments.variance), self._params.resolution)

    def _clamped(self, value: float) -> float:
        reach = self._params.clamp * self._deviation()
        if self._moments.count < self._params.warmup or not reach:
            return value
        return min(max(value, self._moments.mean - reach), self._moments.mean + reach)
