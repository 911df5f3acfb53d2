"""What is not a reading: the room's one place that turns NaN, infinities and sentinels into MISSING.

A rule with one missing channel is not asked at all, so that its memory holds readings only. A combination is asked
always: it guards each of its branches, and combines their outcomes by Kleene's three-valued logic, in which
"missing" is the unknown. Any-of opens if one branch opens, whatever is missing in another; all-of is shut if one is
shut. Only where the missing reading could have changed the answer is the answer MISSING.
Source: S. C. Kleene, "Introduction to Metamathematics" (1952), section 64.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from node.gate import Combination, Settles
from node.values import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.gate import Gate, State
    from node.values import Sample


def blank(values: Mapping[str, float], sentinels: Mapping[str, tuple[float, ...]]) -> Mapping[str, float]:
    """Replace the values by which chips say "no reading" with NaN.

    Args:
        values: channel name to number; not changed.
        sentinels: channel name to the numbers that mean "no reading" there.

    Returns:
        The same mapping where nothing had to be replaced, else a new one.

    >>> blank({"t": -200.0, "h": 40.0}, {"t": (-200.0,)})
    {'t': nan, 'h': 40.0}
    """
    if not any(values.get(channel) in marks for channel, marks in sentinels.items()):
        return values
    return {name: math.nan if value in sentinels.get(name, ()) else value for name, value in values.items()}


class Guarded:
    """A gate that is shown readings only; what is none makes the verdict MISSING, with the channel's name."""

    def __init__(self, gate: Gate, sentinels: Mapping[str, tuple[float, ...]]) -> None:
        """Wrap a gate.

        Args:
            gate: the rule; a `Combination` judges what is missing branch by branch.
            sentinels: channel name to the numbers that mean "no reading" there.
        """
        self._gate = gate
        self._sentinels = dict(sentinels)
        self._needed = () if isinstance(gate, Combination) else gate.channels
        self._settling = gate if isinstance(gate, Settles) else None

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that the gate looks at."""
        return self._gate.channels

    def judge(self, sample: Sample) -> Verdict:
        """Ask the gate, if there is something to ask it about."""
        channel = self._gap(sample)
        if channel is not None:
            return Verdict(Outcome.MISSING, _told(sample.values, channel), channel)
        return self._gate.judge(self._blanked(sample))

    def settle(self, sample: Sample, *, opened: bool) -> None:
        """Pass on whether the sample was reported, unless the gate never saw it."""
        if self._settling is not None and self._gap(sample) is None:
            self._settling.settle(self._blanked(sample), opened=opened)

    def memory(self) -> State:
        """Return the gate's memory."""
        return self._gate.memory()

    def recall(self, state: Mapping[str, float]) -> None:
        """Give the gate its memory back, but for numbers that are none: a NaN mean would never open again."""
        self._gate.recall({key: number for key, number in state.items() if math.isfinite(number)})

    def _gap(self, sample: Sample) -> str | None:
        values = blank(sample.values, self._sentinels)
        return next((name for name in self._needed if not math.isfinite(values.get(name, math.nan))), None)

    def _blanked(self, sample: Sample) -> Sample:
        values = blank(sample.values, self._sentinels)
        return sample if values is sample.values else replace(sample, values=values)


def _told(values: Mapping[str, float], channel: str) -> str:
    if channel not in values:
        return f"{channel} is not in the sample"
    return f"{channel} has no reading: {values[channel]:g}"
