"""One value coded as what a mixture of guesses makes of it.

First the exact bets, each at its whole probability; then the interval that the value can lie in is halved, again and
again, at the point that halves the strongest guess; once what is left is so narrow that every guess is flat over it,
the rest is coded as equally likely.

A guess is (weight, centre, tightness): a Student t of four degrees, tightness being half of one over its scale. With
z = t / sqrt(1 + t * t) its distribution function is 1/2 + z * (3/4 - z * z / 4).
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.coding.grids import Grid
    from node.wire.coding.range_coder import Coder

Part = tuple[float, float, float]
"""Weight, centre, tightness."""
Bet = tuple[float, int]
"""Weight, cell."""

FLOOR: Final = 2e-4
"""The share of probability that is spread evenly over all cells: what nobody expected."""
FLAT: Final = 0.25
"""Of the narrowest loud guess's scale (times 2): over less than this it counts as flat."""
LOUD: Final = 0.05
PATIENCE: Final = 24
"""After so many cuts by the strongest guess the interval is simply halved, so that nothing can take long."""
CERTAIN: Final = 65535


def code(
    coder: Coder,
    value: int,
    grid: Grid,
    bounds: tuple[int, int],
    mixture: tuple[Sequence[Part], tuple[Bet, Bet]],
) -> int:
    """Code one cell.

    Args:
        coder: either direction.
        value: the cell; ignored by a decoder.
        grid: where cells lie.
        bounds: the least cell, and the one after the largest.
        mixture: the guesses, and the two bets.

    Returns:
        The cell.
    """
    parts, bets = mixture
    belief = Belief(parts or ((0.01, grid.real(bets[0][1]), 0.5),), grid, bounds)
    left = FLOOR + sum([part[0] for part in belief.parts]) + bets[0][0] + bets[1][0]
    for cell, weight in _order(bets):
        mass = belief.below(cell + 1) - belief.below(cell)
        if coder.bit(value == cell, _chance(weight + mass, left)):
            return cell
        left -= weight + mass
        belief.holes.append((cell, mass))
    return _halve(coder, value, belief)


class Belief:
    """The mixture as a distribution function over cells, less the cells that were already ruled out."""

    __slots__ = ("_even", "bounds", "grid", "holes", "parts")

    def __init__(self, parts: Sequence[Part], grid: Grid, bounds: tuple[int, int]) -> None:
        self.parts = parts
        self.grid = grid
        self.bounds = bounds
        self.holes: list[tuple[int, float]] = []
        self._even = FLOOR / (bounds[1] - bounds[0])

    def below(self, cell: int) -> float:
        """Return the probability of all cells before this one."""
        edge = self.grid.edge(cell)
        mass = self._even * (cell - self.bounds[0])
        for weight, centre, tight in self.parts:
            t = (edge - centre) * tight
            z = t / sqrt(1.0 + t * t)
            mass += weight * (0.5 + z * (0.75 - 0.25 * z * z))
        for hole, gone in self.holes:
            if cell > hole:
                mass -= gone
        return mass


def _order(bets: tuple[Bet, Bet]) -> tuple[tuple[int, float], ...]:
    """Put the likelier bet first, and two on the same cell together."""
    (first, cell), (second, other) = bets
    if cell == other:
        return ((cell, first + second),)
    return ((cell, first), (other, second)) if first >= second else ((other, second), (cell, first))


def _chance(part: float, whole: float) -> int:
    """Return a share as the coder wants it: never impossible, never certain."""
    if part >= whole:
        return CERTAIN
    share = int(65536 * part / whole)
    return 1 if share < 1 else min(share, CERTAIN)


def _halve(coder: Coder, value: int, belief: Belief) -> int:
    """Halve the interval until one cell is left, or a flat stretch."""
    edge = belief.grid.edge
    below = belief.below
    low, high = belief.bounds
    mass_low, mass_high = below(low), below(high)
    _, centre, tight = max(belief.parts)
    flat = FLAT / max([part[2] for part in belief.parts if part[0] > LOUD] or [tight])
    z_low, z_high = _z(edge(low), centre, tight), _z(edge(high), centre, tight)
    cuts = 0
    while high - low > 1:
        if high - low > 3 and edge(high) - edge(low) < flat:
            return low + coder.uniform(value - low, high - low)
        cuts += 1
        cut = _cut(belief.grid, (z_low + z_high) * 0.5, centre, tight) if cuts <= PATIENCE else low
        if not low < cut < high:
            cut = (low + high) >> 1
        mass = below(cut)
        if coder.bit(value >= cut, _chance(mass_high - mass, mass_high - mass_low)):
            low, mass_low, z_low = cut, mass, _z(edge(cut), centre, tight)
        else:
            high, mass_high, z_high = cut, mass, _z(edge(cut), centre, tight)
    return low


def _z(edge: float, centre: float, tight: float) -> float:
    t = (edge - centre) * tight
    return t / sqrt(1.0 + t * t)


def _cut(grid: Grid, z: float, centre: float, tight: float) -> int:
    """Return the cell at which a guess's distribution reaches z."""
    rest = 1.0 - z * z
    return grid.cell(centre + z / (sqrt(rest) * tight)) if rest > 0.0 else grid.cell(centre)
