"""How fast a node lives now: its period, bent by what happens and by what it can afford, and the next deadline.

The cycle's verdicts bend the period from look to look (`alertness`), the energy controller bends the steady period and
the interval from hour to hour (`thrift`). Promises to the gateway outlast both: see `deadline.held`.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from node.sleep.alertness import Alertness, after
from node.sleep.deadline import held, next_due

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.sleep.alertness import Params
    from node.sleep.deadline import Due
    from node.sleep.rhythm import Rhythm
    from node.values import Outcome

JITTER_S: Final = 0.001
"""A cycle and a promise that are nearer than this are one."""


class Tempo:
    """Keeps the tempo; cycle, uplink and naps go by it.

    Attributes:
        steady_s: from sample to sample while nothing happens.
        interval_s: from transmission to transmission, as it is wished.
        model: the variant that answers; empty for the usual one.
    """

    def __init__(self, *, period_s: float, interval_s: float, alertness: Params | None = None) -> None:
        """Begin as configured.

        Args:
            period_s: from sample to sample.
            interval_s: from transmission to transmission.
            alertness: how lively to be; None for a steady period.
        """
        self.steady_s = period_s
        self.interval_s = interval_s
        self.model = ""
        self._params = alertness
        self._alertness = Alertness()

    @property
    def period_s(self) -> float:
        """From this sample to the next."""
        return self._bent_s(self._alertness)

    @property
    def shortest_s(self) -> float:
        """The least that `period_s` can be as things are."""
        return self._bent_s(Alertness() if self._params is None else Alertness(share=1.0 / self._params.speedup))

    def live(self, rhythm: Rhythm) -> None:
        """Live by another rhythm from now on; what was promised stands."""
        self.steady_s, self.interval_s, self.model = rhythm.period_s, rhythm.interval_s, rhythm.model

    def follow(self, *, period_s: float, interval_s: float, alertness: Params | None) -> None:
        """Live as configured anew; the energy controller bends it from there. What was promised stands."""
        self.steady_s, self.interval_s, self.model, self._params = period_s, interval_s, "", alertness

    def heed(self, outcome: Outcome) -> None:
        """Be faster or slower after a look."""
        if self._params is not None:
            self._alertness = after(self._alertness, outcome, self._params)

    def due_after(self, last_s: float, now_s: float, promised_s: float | None) -> Due:
        """Return the next deadline, and how many went by since the one that was served last.

        Args:
            last_s: that one, monotonic.
            now_s: the monotonic clock now.
            promised_s: when the next transmission was promised; None where none was.
        """
        due = next_due(last_s=last_s, now_s=now_s, period_s=self.period_s)
        return held(due, now_s=now_s, promised_s=promised_s, slack_s=JITTER_S)

    def memory(self) -> dict[str, float]:
        """Return what must survive a halt, for `recall`."""
        return asdict(self._alertness)

    def recall(self, kept: Mapping[str, float]) -> None:
        """Take up what was remembered; what is no alertness is forgotten."""
        share, looks = kept.get("share", 1.0), kept.get("held", 0)
        if 0.0 < share <= 1.0 and looks >= 0:
            self._alertness = Alertness(share=share, held=int(looks))

    def _bent_s(self, alertness: Alertness) -> float:
        return self.steady_s if self._params is None else alertness.period_s(self.steady_s, self._params.shortest_s)
