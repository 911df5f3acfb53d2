"""From readings to joules (pure): what was seen is added up, what was not seen is a gap.

Two sources, two laws. A wattmeter is sampled, and what lies between two readings is taken for a straight line; a
failed reading breaks the line. A counter counted on while nobody looked, so a failed reading costs it nothing, but a
count that went backwards is believed to have wrapped only where that is plausible: codecarbon took each failed read
for a zero and the next one for a wrap, and booked a whole counter range of energy that nobody had used
(mlco2/codecarbon#1309).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LONGEST_STEP_S = 2.5
"""A straight line over more than this tells nothing: the machine slept, or the meter was away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What a meter knows since it started.

    Attributes:
        energy_mj: over the time that is covered.
        covered_s: time that readings account for.
        gap_s: time that they do not; no energy is booked for it.
        uncertainty_mj: how far `energy_mj` may be off: the instrument's error, which is systematic and so adds up,
            and that of the sampling.
    """

    energy_mj: float = 0.0
    covered_s: float = 0.0
    gap_s: float = 0.0
    uncertainty_mj: float = 0.0

    def seen(self, energy_mj: float, seconds: float, uncertainty_mj: float) -> Total:
        """Return the total with an interval that was measured."""
        return Total(
            energy_mj=self.energy_mj + energy_mj,
            covered_s=self.covered_s + seconds,
            gap_s=self.gap_s,
            uncertainty_mj=self.uncertainty_mj + uncertainty_mj,
        )

    def unseen(self, seconds: float) -> Total:
        """Return the total with an interval that was not."""
        return Total(
            energy_mj=self.energy_mj,
            covered_s=self.covered_s,
            gap_s=self.gap_s + seconds,
            uncertainty_mj=self.uncertainty_mj,
        )


class Trapezoid:
    """Integrates a power that is read now and then."""

    def __init__(self, *, accuracy: float, resolution_mw: float = 0.0, longest_s: float = LONGEST_STEP_S) -> None:
        """Start at zero.

        Args:
            accuracy: the instrument's gain error as a share, 0.01 for 1 %.
            resolution_mw: its smallest step.
            longest_s: intervals longer than this are gaps; it must be shorter than a nap.
        """
        self.total = Total()
        self._accuracy = accuracy
        self._resolution_mw = resolution_mw
        self._longest_s = longest_s
        self._at_s: float | None = None
        self._power_mw: float | None = None

    def add(self, at_s: float, power_mw: float | None) -> Total:
        """Take a reading.

        The sampling error of an interval is half the difference of its ends times its length: exact for a power that
        only rises or only falls in it, and all that two readings can say.

        Args:
            at_s: when, on the monotonic clock.
            power_mw: None for a reading that failed; so is one that is negative or not a number.
        """
        if power_mw is not None and not (math.isfinite(power_mw) and power_mw >= 0.0):
            power_mw = None
        before_mw, step_s = self._power_mw, at_s - (at_s if self._at_s is None else self._at_s)
        self._at_s, self._power_mw = at_s, power_mw
        if power_mw is None or before_mw is None or not 0.0 <= step_s <= self._longest_s:
            self.total = self.total.unseen(max(step_s, 0.0))
        else:
            energy_mj = (before_mw + power_mw) / 2 * step_s
            sampling_mj = abs(power_mw - before_mw) / 2 * step_s
            error_mj = self._accuracy * energy_mj + self._resolution_mw * step_s + sampling_mj
            self.total = self.total.seen(energy_mj, step_s, error_mj)
        return self.total


class Counter:
    """Follows a count of energy that something else keeps, through its wraps and its resets."""

    def __init__(self, *, most_mw: float, accuracy: float, step_mj: float, range_mj: float | None = None) -> None:
        """Start at the first count.

        Args:
            most_mw: no machine here draws more: what would need more is not believed.
            accuracy: the instrument's gain error as a share.
            step_mj: one count.
            range_mj: where the count starts anew from zero; None where it never does, or nobody knows.
        """
        self.total = Total()
        self._most_mw = most_mw
        self._accuracy = accuracy
        self._step_mj = step_mj
        self._range_mj = range_mj
        self._at_s: float | None = None
        self._count_mj = 0.0
        self._fresh = True

    def add(self, at_s: float, count_mj: float | None) -> Total:
        """Take a count.

        Args:
            at_s: when, on the monotonic clock.
            count_mj: None for a reading that failed: the next one tells what was used meanwhile.
        """
        if count_mj is None or not math.isfinite(count_mj):
            return self.total
        before_s, before_mj = self._at_s, self._count_mj
        self._at_s, self._count_mj = at_s, count_mj
        if before_s is None:
            return self.total
        used_mj = self._used_mj(before_mj, count_mj, at_s - before_s)
        if used_mj is None:
            self._fresh = True
            self.total = self.total.unseen(max(at_s - before_s, 0.0))
        else:
            self.total = self.total.seen(used_mj, at_s - before_s, self._error_mj(used_mj))
        return self.total

    def forget(self, at_s: float) -> Total:
        """Start anew at the next count: what is counted until then is not what the machine draws.

        Args:
            at_s: when, on the monotonic clock.
        """
        if self._at_s is not None:
            self.total = self.total.unseen(max(at_s - self._at_s, 0.0))
        self._at_s, self._fresh = None, True
        return self.total

    def _used_mj(self, before_mj: float, now_mj: float, step_s: float) -> float | None:
        """Return what was used between two counts; None where that cannot be known."""
        most_mj = self._most_mw * step_s + self._step_mj
        if step_s < 0.0 or (self._range_mj is not None and most_mj >= self._range_mj):
            return None  # it may have wrapped more than once
        used_mj = now_mj - before_mj
        if used_mj < 0.0 and self._range_mj is not None and before_mj > self._range_mj / 2:
            used_mj += self._range_mj
        return used_mj if 0.0 <= used_mj <= most_mj else None

    def _error_mj(self, used_mj: float) -> float:
        """Return the error of an interval: a count is off by a step at the first and the last end of a chain only."""
        ends_mj = 2 * self._step_mj if self._fresh else 0.0
        self._fresh = False
        return self._accuracy * used_mj + ends_mj
