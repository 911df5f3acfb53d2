"""Quantise: values come back within a stated error, on a grid as coarse as that allows, and then compress further.

The grid is 1, 2 or 5 times a power of ten, so that what subscribers see are short decimals. Every value is checked
after it was moved; one that would be further off than stated (by a rounding of the float itself) stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import TYPE_CHECKING

from node.compress.auto import Auto
from node.compress.auto import Params as AutoParams
from node.options import option
from node.wire.messages import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.messages import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """How far off a value may come back."""

    error: float = option("largest absolute error, in the columns' own unit", above=0)
    columns: tuple[str, ...] = option("the columns that may lose; empty for all numbers", default=())


class Quantise:
    """Lossy, within `error`; words, whole numbers, missing values and infinities are never touched."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self._inner = Auto(AutoParams())
        self._step, self._decimals = grid(2 * params.error)

    def pack(self, seqs: Sequence[int], times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
        """Pack a batch; see `Encoding`."""
        wanted = self._params.columns
        moved = [self._move(each) if not wanted or each.name in wanted else each for each in columns]
        return self._inner.pack(seqs, times_ms, moved)

    def _move(self, column: Column) -> Column:
        values = [self._nearest(value) for value in column.values]
        return column if values == list(column.values) else Column(name=column.name, values=values)

    def _nearest(self, value: Value) -> Value:
        if not isinstance(value, float) or not isfinite(value):
            return value
        near = round(round(value / self._step) * self._step, self._decimals) + 0.0
        return near if abs(near - value) <= self._params.error else value


def grid(most: float) -> tuple[float, int]:
    """Return the largest of 1, 2, 5 times a power of ten up to `most`, and its decimals.

    >>> grid(0.1), grid(0.03), grid(700.0)
    ((0.1, 1), (0.02, 2), (500.0, -2))
    """
    decade = floor(log10(most) + 1e-12)
    digit = next(each for each in (5, 2, 1) if each * 10.0**decade <= most * (1 + 1e-12))
    return (digit * 10.0**decade if decade >= 0 else digit / 10.0**-decade), -decade
