"""Stretches of rows that each lie on a lattice of their own.

A source that scales every window by itself (z-normalised days, an amplifier that changes its range) leaves floats
that look like noise, until each stretch's step is found again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from node.wire.coding.lattice import Lattice, find

if TYPE_CHECKING:
    from collections.abc import Sequence

SEED: Final = 10
"""Rows that a lattice is looked for in; a stretch is at least as long, but for the last."""
MOST: Final = 128


def split(numbers: Sequence[float], width: int, decimals: int) -> list[tuple[int, Lattice]]:
    """Cut numbers into stretches.

    Args:
        numbers: finite.
        width: 32 where they are float32.
        decimals: with how many most of them are printed.

    Returns:
        How many rows, and their lattice; empty where some stretch has none.
    """
    found: list[tuple[int, Lattice]] = []
    start = 0
    while start < len(numbers):
        rest = numbers[start:]
        if found and len(rest) < SEED:  # too few to find a step in: they are strays of the stretch before
            rows, lattice = found.pop()
            return [*found, (rows + len(rest), lattice)]
        rows = _reach(rest, find(rest[:SEED], width, decimals))
        sharper = find(rest[:rows], width, decimals) if rows else None
        if sharper is None or len(found) == MOST:
            return []
        found.append((rows, _centred(sharper)))
        start += rows
    return found


def _reach(numbers: Sequence[float], lattice: Lattice | None) -> int:
    """Count the rows that a lattice found in the first few of them holds for."""
    if lattice is None:
        return 0
    slack = lattice.step / 50  # the step of a few rows is not known well enough for exact hits far out
    for row, number in enumerate(numbers[SEED:], SEED):
        if abs(number - lattice.value(lattice.cell(number))) > slack:
            return row
    return len(numbers)


def _centred(lattice: Lattice) -> Lattice:
    """Number the cells from the real line's zero, so that neighbouring stretches have similar cells."""
    origin = lattice.origin - round(lattice.origin / lattice.step) * lattice.step
    return Lattice(lattice.step, lattice.divisor, origin, lattice.rounding)
