"""Where the cells of a lane lie on the real line, so that experts may guess in real numbers.

Whole numbers are one apart. The cells of floats by their bits lie closer the nearer they are to zero. An alphabet
is a sorted list of the few numbers that occur at all.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from node.wire.coding.floats import float32_at, float64_at, order32, order64

if TYPE_CHECKING:
    from collections.abc import Sequence


class Grid(Protocol):
    """Cells are numbered upwards; each reaches from its edge to the next one's."""

    def real(self, cell: int) -> float:
        """Return the number that a cell stands for."""
        ...

    def edge(self, cell: int) -> float:
        """Return where a cell begins."""
        ...

    def cell(self, real: float) -> int:
        """Return a cell near a number; the coder corrects what lies outside its interval."""
        ...


class Whole:
    """Cells one apart."""

    def real(self, cell: int) -> float:
        """See `Grid`."""
        return float(cell)

    def edge(self, cell: int) -> float:
        """See `Grid`."""
        return cell - 0.5

    def cell(self, real: float) -> int:
        """See `Grid`."""
        return round(real)


class Singles:
    """Every float32, by the order of its bits; the outermost stand for all beyond."""

    MOST = 0x7F7FFFFF

    def real(self, cell: int) -> float:
        """See `Grid`."""
        return float32_at(max(-self.MOST, min(cell, self.MOST)))

    def edge(self, cell: int) -> float:
        """See `Grid`."""
        return (self.real(cell) + self.real(cell - 1)) * 0.5

    def cell(self, real: float) -> int:
        """See `Grid`."""
        return order32(real) if -3e38 < real < 3e38 else self.MOST if real > 0 else -self.MOST


class Doubles:
    """Every float64, by the order of its bits; beyond FAR all lie at one point, so that no square overflows."""

    MOST = 0x7FEFFFFFFFFFFFFF
    FAR = 1e100

    def real(self, cell: int) -> float:
        """See `Grid`."""
        return max(-self.FAR, min(float64_at(max(-self.MOST, min(cell, self.MOST))), self.FAR))

    def edge(self, cell: int) -> float:
        """See `Grid`."""
        return (self.real(cell) + self.real(cell - 1)) * 0.5

    def cell(self, real: float) -> int:
        """See `Grid`."""
        return order64(real)


class Alphabet:
    """The numbers that occur, sorted; a cell is a place in the list."""

    def __init__(self, grid: Grid, letters: Sequence[int]) -> None:
        """Lie where another grid's cells lie.

        Args:
            grid: the other grid.
            letters: its cells that occur, ascending, at least one.
        """
        reals = [grid.real(letter) for letter in letters]
        self._reals = reals
        self._edges = [
            reals[0] - 0.5,
            *[(a + b) * 0.5 for a, b in pairwise(reals)],
            reals[-1] + 0.5,
        ]

    def real(self, cell: int) -> float:
        """See `Grid`."""
        return self._reals[cell]

    def edge(self, cell: int) -> float:
        """See `Grid`."""
        return self._edges[cell]

    def cell(self, real: float) -> int:
        """See `Grid`."""
        return bisect_left(self._edges, real)
