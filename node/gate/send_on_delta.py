"""Send on delta: open when a value has moved far enough from the one last reported.

The receiver holds the last report, so what it believes is never further than the dead band from the truth.
Source: M. Miskowicz, "Send-On-Delta Concept: An Event-Based Data Reporting Strategy", Sensors 6 (2006) 49-63.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from node.options import option
from node.values import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.gate import State
    from node.values import Sample

TIME: Final = "time_ms"
PREFIX: Final = "sent."


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What counts as having moved; of the two dead bands the wider one holds."""

    channels: tuple[str, ...] = option("the channels to watch; any one of them opens")
    delta: float = option("dead band in the channels' own unit; 0 for none", default=0.0, least=0)
    relative: float = option("dead band as a share of the last report, 0.05 for 5 %; 0 for none", default=0.0, least=0)
    max_silence_s: float = option("report at least this often, in seconds; 0 for never", default=0.0, least=0)

    def __post_init__(self) -> None:
        if not self.channels:
            raise ValueError("channels is empty; name at least one")
        if not self.delta and not self.relative:
            raise ValueError("delta and relative are both 0; give at least one dead band, or use part = 'always'")


class SendOnDelta:
    """Opens when |value - last report| >= the dead band; all channels are taken as reported together."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self._sent: State = {}
        self._before: State = {}

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels watched."""
        return self._params.channels

    def judge(self, sample: Sample) -> Verdict:
        """Compare with the last report, and take an opening as one."""
        self._before = self._sent
        verdict = self._verdict(sample)
        if verdict.opens:
            self._sent = self._report(sample)
        return verdict

    def settle(self, sample: Sample, *, opened: bool) -> None:
        """Learn whether the sample was reported after all; see `node.gate.Settles`."""
        self._sent = self._report(sample) if opened else self._before

    def memory(self) -> State:
        """Return the last report and its time."""
        return dict(self._sent)

    def recall(self, state: Mapping[str, float]) -> None:
        """Take back a last report; one that lacks a channel is none."""
        keys = [PREFIX + channel for channel in self.channels] + [TIME]
        self._sent = {key: state[key] for key in keys} if all(key in state for key in keys) else {}
        self._before = self._sent

    def _report(self, sample: Sample) -> State:
        return {PREFIX + channel: sample.values[channel] for channel in self.channels} | {TIME: sample.time_ms}

    def _verdict(self, sample: Sample) -> Verdict:
        if not self._sent:
            return Verdict(Outcome.OPEN, "nothing reported yet")
        for channel in self.channels:
            last = self._sent[PREFIX + channel]
            moved, band = abs(sample.values[channel] - last), self._band(last)
            if moved >= band:
                return Verdict(Outcome.OPEN, f"moved {moved:.6g} >= {band:.6g}", channel)
        # A clock that was set back makes the silence negative; its length is what counts.
        silent_s = abs(sample.time_ms - self._sent[TIME]) / 1000
        if 0 < self._params.max_silence_s <= silent_s:
            return Verdict(Outcome.OPEN, f"silent for {silent_s:.6g} s")
        return Verdict(Outcome.SHUT, "within the dead band")

    def _band(self, last: float) -> float:
        return max(self._params.delta, self._params.relative * abs(last))
