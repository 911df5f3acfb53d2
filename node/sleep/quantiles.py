"""Quantiles of a stream of durations in a bounded table: Masson, Rim and Lee 2019, "DDSketch", VLDB 12(12).

Buckets grow by 4 %, so that every quantile is within 2 % of one of the durations themselves, whatever their
distribution. A reservoir of samples was the other choice: its p95 wanders with its luck.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

GROWTH: Final = 1.04
LOG_GROWTH: Final = math.log(GROWTH)
LEAST_S: Final = 1e-6
"""What is shorter counts as this long."""
MOST_BUCKETS: Final = 512
"""From a microsecond to nine minutes; beyond, the shortest are put together, for nobody asks for the p1."""


class Quantiles:
    """Counts by bucket. It forgets nothing and cannot be asked for the mean."""

    def __init__(self) -> None:
        """Start empty."""
        self._counts: dict[int, int] = {}
        self.total = 0

    def add(self, seconds: float) -> None:
        """Count one duration."""
        bucket = math.ceil(math.log(max(seconds, LEAST_S)) / LOG_GROWTH)
        self._counts[bucket] = self._counts.get(bucket, 0) + 1
        self.total += 1
        if len(self._counts) > MOST_BUCKETS:
            shortest, next_one = sorted(self._counts)[:2]
            self._counts[next_one] += self._counts.pop(shortest)

    def at(self, share: float) -> float:
        """Return the duration that this share of all does not exceed, in seconds; 0 where nothing was counted.

        Args:
            share: 0 to 1, such as 0.95.

        >>> quantiles = Quantiles()
        >>> for ms in range(1, 101):
        ...     quantiles.add(ms / 1000)
        >>> abs(quantiles.at(0.95) - 0.095) < 0.002
        True
        """
        if not self.total:
            return 0.0
        rank, passed = max(math.ceil(share * self.total), 1), 0
        for bucket in sorted(self._counts):
            passed += self._counts[bucket]
            if passed >= rank:
                break
        return 2 * GROWTH**bucket / (GROWTH + 1)  # the point of the bucket that is equally far from both ends

    def memory(self) -> dict[str, int]:
        """Return the counts by bucket, for `recalled`."""
        return {str(bucket): count for bucket, count in self._counts.items()}

    @classmethod
    def recalled(cls, memory: Mapping[str, int]) -> Quantiles:
        """Make one from what another remembered."""
        quantiles = cls()
        quantiles._counts = {int(bucket): count for bucket, count in memory.items()}
        quantiles.total = sum(memory.values())
        return quantiles
