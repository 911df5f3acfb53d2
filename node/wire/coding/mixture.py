"""What the next number of a column will be: a handful of experts, and how far each is to be believed.

Each expert is a guess (the last value, the straight line on, the running mean, a regression on the column's own
past and on other columns) with a scale of how far such guesses have lately been off, as a Student t distribution
of four degrees. Two more bet on one exact value: the last one, and the one that went with the same row of the
other columns before. A value is coded by halving the interval it can lie in, each half at its share of the
experts' mixed probability; once what is left is flat, the rest is coded as it is. After each value the experts'
weights move towards those who saw it coming.

Only + - * / and square roots of doubles are used: IEEE 754 rounds these alike on every machine, so both peers see
the same probabilities to the last bit. (`exp` and `log` may differ by a bit between two C libraries.)

Sources: mixing as online EM over a mixture, Cappe and Moulines (2009); t4's distribution function is closed.
"""

from __future__ import annotations

from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING, Final

from node.wire.coding.interval import code
from node.wire.coding.regression import Regression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.coding.grids import Grid
    from node.wire.coding.interval import Part
    from node.wire.coding.range_coder import Coder

LADDER: Final = ((0, 0.3), (0, 1.2), (1, 0.15), (1, 0.8), (1, 1.2), (2, 0.8), (3, 0.8))
"""The experts: which guess, and by how much to widen its mean error."""
START: Final = (0.16, 0.13, 0.1, 0.23, 0.13, 0.08, 0.08, 0.05, 0.04)
"""First weights: the ladder, then the bets on the last value and on the one remembered."""
SILENT: Final = 0.04
"""Experts with less weight than this are not asked, only taught."""
LAGS: Final = 3
FASTEST_WEIGHTS: Final = 6
SLOWEST_WEIGHTS: Final = 0.12
SLOWEST_ERRORS: Final = 0.1
LEAST_ERROR: Final = 2.0**-20
"""Of a lane's usual step: a guess is never taken to be surer than this."""
LEAST_SHARE: Final = 1e-200
FARTHEST: Final = 1e120
LEAST_WEIGHT: Final = 1e-4


class Known:
    """A lane that both peers have, as something to regress on."""

    __slots__ = ("cells", "scaled", "steps")

    def __init__(self, cells: list[int], scaled: list[float]) -> None:
        """Hold a lane.

        Args:
            cells: one a row.
            scaled: the same on the real line, in units of its usual step; zeros for a constant.
        """
        self.cells = cells
        self.scaled = scaled
        self.steps = [b - a for a, b in pairwise(scaled)] if any(scaled) else []


class Model:
    """One lane's experts: asked for each row in turn, then told what it was."""

    def __init__(self, grid: Grid, first: int, scale: float, bounds: tuple[int, int], refs: Sequence[Known]) -> None:
        """Start knowing little.

        Args:
            grid: where cells lie.
            first: the first cell.
            scale: how far steps usually go, on the real line.
            bounds: the least cell, and the one after the largest.
            refs: lanes that both peers know already.
        """
        self._grid = grid
        self._bounds = bounds
        self._refs = refs
        self._unit = 1.0 / scale
        self._regression = Regression(LAGS + 2 * len(refs))
        self._errors = [scale, scale, scale * 1.5, scale * 1.5]
        self._weights = (list(START), list(START))
        self._taught = [FASTEST_WEIGHTS, FASTEST_WEIGHTS]
        self._least_error = scale * LEAST_ERROR
        self._memo: dict[object, int] = {}
        self._past = [grid.real(first)] * LAGS
        self._mean = self._past[0]
        self._last = first
        self._same = 0
        self._rows = 0

    def code(self, coder: Coder, value: int, row: int) -> int:
        """Code the cell of one row; a decoder passes anything and gets the cell back."""
        weights = self._weights[self._same]
        errors = self._errors
        guesses = self._guess(row)
        parts = [
            (weight, guesses[which], 0.5 / (errors[which] * widen))
            for weight, (which, widen) in zip(weights, LADDER, strict=False)
        ]
        key = tuple([ref.cells[row] for ref in self._refs]) or self._last
        memo = self._memo.get(key, self._last)
        bets = ((weights[-2], self._last), (weights[-1], memo))
        value = code(coder, value, self._grid, self._bounds, ([part for part in parts if part[0] > SILENT], bets))
        self._teach(parts, value, memo)
        self._learn(guesses, value)
        self._memo[key] = value
        return value

    def _guess(self, row: int) -> list[float]:
        """Return the last value, the regression's, the straight line on, and the mean."""
        past = self._past
        mean = self._mean
        unit = self._unit
        inputs = [(each - mean) * unit for each in past]
        for ref in self._refs:
            scaled = ref.scaled
            before = scaled[row - 1] if row else scaled[row]
            inputs.append(scaled[row] - before)
            inputs.append(before - scaled[row - 2] if row > 1 else 0.0)
        regressed = mean + self._regression.guess(inputs) / unit
        if not -FARTHEST < regressed < FARTHEST:
            regressed = past[0]
        return [past[0], regressed, 2 * past[0] - past[1], mean]

    def _teach(self, parts: Sequence[Part], value: int, memo: int) -> None:
        """Move the weights towards the experts that gave this cell the most probability."""
        weights = self._weights[self._same]
        shares = self._shares(parts, value)
        shares.append(weights[-2] if value == self._last else 0.0)
        shares.append(weights[-1] if value == memo else 0.0)
        total = sum(shares)
        if total < LEAST_SHARE:
            return
        self._taught[self._same] += 1
        rate = max(1.0 / self._taught[self._same], SLOWEST_WEIGHTS)
        keep = 1.0 - rate
        gain = rate / total
        weights[:] = [max(keep * a + gain * b, LEAST_WEIGHT) for a, b in zip(weights, shares, strict=True)]

    def _shares(self, parts: Sequence[Part], value: int) -> list[float]:
        """Return each part's weight times its density over the cell."""
        grid = self._grid
        real = grid.real(value)
        width = 0.75 * (grid.edge(value + 1) - grid.edge(value))
        shares = []
        for weight, centre, tight in parts:
            t = (real - centre) * tight
            q = 1.0 / (1.0 + t * t)
            shares.append(weight * min(tight * width * q * q * sqrt(q), 1.0))
        return shares

    def _learn(self, guesses: Sequence[float], value: int) -> None:
        """Take in what the row was."""
        real = self._grid.real(value)
        self._rows += 1
        rate = max(1.0 / (self._rows + 4), SLOWEST_ERRORS)
        self._errors = [
            max(each + rate * (abs(real - guess) - each), self._least_error)
            for each, guess in zip(self._errors, guesses, strict=True)
        ]
        self._regression.learn((real - guesses[1]) * self._unit)
        self._past = [real, *self._past[:-1]]
        self._mean += max(1.0 / (self._rows + 1), SLOWEST_ERRORS) * (real - self._mean)
        self._same = int(value == self._last)
        self._last = value
