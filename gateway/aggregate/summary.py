"""A summary of one column's values in one window: what can be said of them without keeping them. Pure.

Everything in it merges: two replicas that saw half of the values each need not have agreed on anything before.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gateway.aggregate import sketch
from gateway.aggregate.sketch import Sketch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

QUANTILES: Final[Mapping[str, float]] = {"p5": 0.05, "p50": 0.5, "p95": 0.95, "p99": 0.99}
MOST_CLASSES: Final = 63
LONGEST_WORD: Final = 64
MOST_MAGNITUDE: Final = 1e100
"""What is larger was not measured; squared, it would overflow and take the others with it."""
OTHER: Final = "other"
"""Takes the words that come after the first 63; the wire's maps have 64 entries."""


@dataclass(slots=True)
class Summary:
    """Moments, extremes, quantiles and classes.

    Mean and variance follow Welford, merged after Chan, Golub and LeVeque (1979), never E[x^2] - E[x]^2: that
    cancels for a pressure in Pa.

    Attributes:
        count: finite numbers and words.
        missing: values that are none: null, NaN, infinite or absurd.
        squares: the sum of squared distances from the mean.
    """

    count: int = 0
    missing: int = 0
    numbers: int = 0
    total: float = 0.0
    least: float = math.inf
    most: float = -math.inf
    mean: float = 0.0
    squares: float = 0.0
    classes: Counter[str] = field(default_factory=Counter)
    quantiles: Sketch | None = None

    @property
    def variance(self) -> float | None:
        """Of the sample (n - 1); None below two numbers."""
        return self.squares / (self.numbers - 1) if self.numbers > 1 else None

    def add(self, values: Iterable[object]) -> None:
        """Take in values of one column; what is no finite number and no word is counted as missing."""
        finite: list[float] = []
        for value in values:
            if isinstance(value, str):
                self._classify(value[:LONGEST_WORD], 1)
            elif isinstance(value, int | float) and abs(value) < MOST_MAGNITUDE:  # NaN is below nothing
                finite.append(float(value))
            else:
                self.missing += 1
        if finite:
            self._join(_of(finite))
            self._sketch().batch_update(finite)

    def merge(self, other: Summary) -> None:
        """Take in another summary, as if its values had been added here."""
        self.missing += other.missing
        for word, count in other.classes.items():
            self._classify(word, count)
        self._join(other)
        if other.quantiles is not None:
            self._sketch().merge_inplace(other.quantiles)

    def _sketch(self) -> Sketch:
        if self.quantiles is None:
            self.quantiles = sketch.make()
        return self.quantiles

    def _classify(self, word: str, count: int) -> None:
        known = word in self.classes or len(self.classes) < MOST_CLASSES
        self.classes[word if known else OTHER] += count
        self.count += count

    def _join(self, other: Summary) -> None:
        """Chan's step: two sets of numbers become one."""
        numbers = self.numbers + other.numbers
        if not other.numbers:
            return
        distance = other.mean - self.mean
        self.squares += other.squares + distance * distance * self.numbers * other.numbers / numbers
        self.mean += distance * other.numbers / numbers
        self.numbers = numbers
        self.count += other.numbers
        self.total += other.total
        self.least = min(self.least, other.least)
        self.most = max(self.most, other.most)

    def ranks(self) -> dict[str, float]:
        """Return the quantiles by name; empty where there are no numbers."""
        if self.quantiles is None:
            return {}
        # Means of centroids are rounded: the median of many 19.29 must not become 19.289999999999996.
        return {
            name: min(max(self.quantiles.quantile(rank), self.least), self.most) for name, rank in QUANTILES.items()
        }


def _of(values: list[float]) -> Summary:
    """Summarise numbers in two passes."""
    total = math.fsum(values)
    mean = total / len(values)
    squares = math.fsum((each - mean) ** 2 for each in values)
    return Summary(numbers=len(values), total=total, least=min(values), most=max(values), mean=mean, squares=squares)
