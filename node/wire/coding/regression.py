"""Recursive least squares: what the next value should be, from what is known before it.

Source: S. Haykin, Adaptive Filter Theory, 4th ed., section 9.3 (the exponentially weighted RLS algorithm).
"""

from __future__ import annotations

from typing import Final

FORGET: Final = 0.995
CONFIDENCE: Final = 4.0
"""The first inverse correlation: how far the weights may run in the first rows."""
BROKEN: Final = 1e12


class Regression:
    """Starts as "the last value again", which is its first input."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._inputs = [0.0] * size
        self._weights: list[float] = []
        self._spread: list[list[float]] = []
        self._reset()

    def guess(self, inputs: list[float]) -> float:
        """Return the expected value for these inputs."""
        self._inputs = inputs
        return sum([a * b for a, b in zip(self._weights, inputs, strict=True)])

    def learn(self, error: float) -> None:
        """Take in by how much the last guess was short."""
        inputs = self._inputs
        gain = [sum([a * b for a, b in zip(row, inputs, strict=True)]) for row in self._spread]
        power = FORGET + sum([a * b for a, b in zip(gain, inputs, strict=True)])
        if not FORGET <= power < BROKEN or not -BROKEN < error < BROKEN:
            self._reset()
            return
        step = error / power
        self._weights = [a + step * b for a, b in zip(self._weights, gain, strict=True)]
        scaled = [each / power for each in gain]
        self._spread = [
            [(a - share * b) / FORGET for a, b in zip(row, gain, strict=True)]
            for row, share in zip(self._spread, scaled, strict=True)
        ]

    def _reset(self) -> None:
        size = self._size
        self._weights = [1.0] + [0.0] * (size - 1)
        self._spread = [[CONFIDENCE if i == j else 0.0 for j in range(size)] for i in range(size)]
