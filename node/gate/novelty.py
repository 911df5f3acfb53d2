"""Novelty: open when any of several channels is unusual by its own recent past; the gate to begin with.

It needs no number in any channel's unit: it is any-of over two z-scores a channel, of the value and of its step, both
with a memory. The first finds where a series has not been; the second finds a change between two states that are both
usual by now. What each lets through is bounded, whatever the channel measures: of a stationary series with a single
peak at most 4/(9 k^2) of the samples are k deviations off, 4.9 % at 3 and 2.8 % at 4.

A memory of 300 samples knows a deviation to about 4 %, and has taken in a new season or a new room after a few
hundred samples; without one, a mean of months hides a day. A change that is slow and stays within the usual spread is
not seen. `python -m tools.bench gate` tells what is let through and what is recalled on real series.
Source: D. F. Vysochanskij, Y. I. Petunin, "Justification of the 3-sigma rule for unimodal distributions", Theory of
Probability and Mathematical Statistics 21 (1980) 25-36.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from node.gate import TABLE, zscore
from node.gate.branches import Branches
from node.options import Spec, option
from node.values import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Where to look; the rest is the same for every series."""

    channels: tuple[str, ...] = option("the channels to watch; any one of them opens")
    threshold: float = option(
        "open for a value this many of its channel's standard deviations off", default=3.0, above=0
    )
    step_threshold: float = option("open for a step this many of its own standard deviations off", default=4.0, above=0)
    memory_samples: int = option(
        "samples that the statistics reach back; 0 for all since the start", default=300, least=0
    )
    warmup: int = option("samples to learn from before it judges; all of them shut", default=30, least=2)

    def __post_init__(self) -> None:
        if not self.channels:
            raise ValueError("channels is empty; name at least one")


class Novelty(Branches):
    """Open if any channel is unusual; else missing if any has no reading; else shut."""

    def __init__(self, params: Params) -> None:
        super().__init__(tuple(_specs(params)), decisive=Outcome.OPEN)


def _specs(params: Params) -> Iterator[Spec]:
    for channel in params.channels:
        value = zscore.Params(
            channel=channel,
            threshold=params.threshold,
            memory_samples=params.memory_samples,
            warmup=params.warmup,
        )
        step = replace(value, of="step", threshold=params.step_threshold)
        yield from (Spec("zscore", TABLE["zscore"], each) for each in (value, step))
