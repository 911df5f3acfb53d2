"""A converter's steps behind printed decimals: value = origin + cell * step, rounded as it was printed.

4.026386202, 4.026195433, 4.026004663 volts look like ten digits each, and are a counter times 0.00019077 V. Averages
of three readings (20.5333333333333) and ratios (0.28 of 18 intervals) are lattices too. Finding the step costs the
sender a pass over the distinct values; the reader multiplies and rounds.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from node.wire.coding.octets import Reader, varint
from node.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Sequence

SINGLE: Final = 16
"""Added where the result is then rounded to float32; SINGLE + SIGNIFICANT rounds to float32 alone."""
SIGNIFICANT: Final = 15
"""Instead of a number of decimals: rounded to fifteen significant digits, as C's %.15g."""
TRIES: Final = 24
LEAST_GAIN: Final = 3.0
"""A step must be this many times coarser than the printing, or it saves too little to be worth its eight bytes."""
MOST_DENOMINATOR: Final = 2000
MOST_COMMON: Final = 1 << 18
MISFITS: Final = 0.04


@dataclass(frozen=True, slots=True)
class Lattice:
    """Where values can lie.

    Attributes:
        step: the distance of neighbours; > 0.
        divisor: where not 0, the step is 1 / divisor exactly, and `step` only tells it to people.
        origin: cell 0.
        rounding: decimals 0 to 14, or SIGNIFICANT; plus SINGLE where values are float32.
    """

    step: float
    divisor: int
    origin: float
    rounding: int

    def cell(self, value: float) -> int:
        """Return the nearest cell."""
        return round((value - self.origin) / self.step)

    def value(self, cell: int) -> float:
        """Return what is printed for a cell; never a minus zero, which a mark of its own tells."""
        exact = self.origin + (cell / self.divisor if self.divisor else cell * self.step)
        digits = self.rounding & 15
        if self.rounding < SINGLE:
            return (float(f"{exact:.15g}") if digits == SIGNIFICANT else round(exact, digits)) + 0.0
        printed = exact if digits == SIGNIFICANT else round(exact, digits)
        return float(struct.unpack("<f", struct.pack("<f", printed))[0]) + 0.0

    @property
    def unit(self) -> float:
        """Return the last printed decimal, or 0.0 where there is none."""
        digits = self.rounding & 15
        return 0.0 if digits == SIGNIFICANT else 10.0**-digits

    def nudge(self, value: float, units: int) -> float:
        """Return what is printed some last decimals beside a value."""
        digits = self.rounding & 15
        printed = round(value + units * self.unit, digits) + 0.0
        return float(struct.unpack("<f", struct.pack("<f", printed))[0]) if self.rounding >= SINGLE else printed

    def write(self) -> bytes:
        """Write it; see `read`."""
        head = self.rounding << 2 | (2 if self.origin else 0) | (1 if self.divisor else 0)
        step = varint(self.divisor) if self.divisor else struct.pack("<d", self.step)
        return bytes((head,)) + step + (struct.pack("<d", self.origin) if self.origin else b"")

    @classmethod
    def read(cls, reader: Reader) -> Lattice:
        """Read a byte (rounding, whether an origin follows, whether the step is a divisor), the step, the origin."""
        head = reader.byte()
        divisor = reader.varint(1 << 32) if head & 1 else 0
        step = 1 / divisor if divisor else reader.double()
        origin = reader.double() if head & 2 else 0.0
        rounding = head >> 2
        if not (0 < step < math.inf) or not math.isfinite(origin) or rounding >= 2 * SINGLE:
            raise WireError("bad-body", f"no lattice before byte {reader.at}")
        return cls(step, divisor, origin, rounding)


def find(values: Sequence[float], width: int, decimals: int) -> Lattice | None:
    """Look for the lattice behind printed values.

    Args:
        values: finite.
        width: 32 where they are float32.
        decimals: with how many most of them are printed.

    Returns:
        The coarsest that holds nearly all of them, or None.
    """
    points = sorted(set(values))
    if len(points) < 6:
        return None
    size = max(abs(points[0]), abs(points[-1]))
    rounding, tolerance = _printing(width, decimals, size)
    divisor = _denominator(points, tolerance)
    if divisor:
        return Lattice(1 / divisor, divisor, 0.0, rounding)
    gaps = sorted(b - a for a, b in pairwise(points) if b - a > LEAST_GAIN * tolerance)
    if len(gaps) < (len(points) - 1) * (1 - MISFITS):
        return None
    for parts in range(1, TRIES):
        step = gaps[len(gaps) // 50] / parts
        if step < LEAST_GAIN * tolerance:
            return None
        fitted = _refine(points, step, tolerance, 2 * tolerance / parts)
        if fitted:
            return _settle(points, fitted, rounding, tolerance)
    return None


def _printing(width: int, decimals: int, size: float) -> tuple[int, float]:
    """Say how values were rounded, and by how much that moved them at most."""
    whole = len(str(int(size)))
    if width == 32 and whole + decimals > 7:
        return SINGLE + SIGNIFICANT, size * 2**-23
    if width == 32:
        return SINGLE + decimals, 10.0**-decimals
    if whole + decimals >= 14:
        return SIGNIFICANT, 10.0 ** (whole - 15)
    return decimals, 10.0**-decimals


def _denominator(points: Sequence[float], tolerance: float) -> int:
    """Return the common denominator of averages such as 20.5333333333333, or 0 where there is no small one."""
    common = 1
    misses = 0
    for point in points:
        fraction = Fraction(point).limit_denominator(MOST_DENOMINATOR)
        both = math.lcm(common, fraction.denominator)
        if abs(point - fraction.numerator / fraction.denominator) > tolerance or both > MOST_COMMON:
            misses += 1
            if misses > MISFITS * len(points):
                return 0
        else:
            common = both
    return common if common * tolerance < 1e-6 else 0


def _refine(points: Sequence[float], step: float, tolerance: float, doubt: float) -> float:
    """Walk outwards from the first point, sharpening the step; 0.0 where too many points miss."""
    misses = 0
    start = points[0]
    for point in points[1:]:
        cells = round((point - start) / step)
        slack = tolerance + cells * doubt
        if slack > step / 3 or cells == 0:
            return 0.0
        if abs(point - start - cells * step) > slack:
            misses += 1
            if misses > MISFITS * len(points):
                return 0.0
        elif tolerance / cells < doubt:
            step, doubt = (point - start) / cells, tolerance / cells
    return step


def _settle(points: Sequence[float], step: float, rounding: int, tolerance: float) -> Lattice:
    """Choose origin and step so that they say nearly all points exactly: no origin and a whole divisor if they can."""
    divisor = round(1 / step)
    if 0 < divisor < 1 << 20 and abs(1 / divisor - step) < tolerance:
        exact = Lattice(1 / divisor, divisor, 0.0, rounding)
        if _fits(exact, points):
            return exact
    cells = [round(point / step) for point in points]
    free = sum(c * p for c, p in zip(cells, points, strict=True)) / (sum(c * c for c in cells) or 1)
    if free > 0 and _fits(Lattice(free, 0, 0.0, rounding), points):
        return Lattice(free, 0, 0.0, rounding)
    cells = [round((point - points[0]) / step) for point in points]
    mean_cell, mean_point = math.fsum(cells) / len(cells), math.fsum(points) / len(points)
    over = math.fsum((c - mean_cell) * (p - mean_point) for c, p in zip(cells, points, strict=True))
    under = math.fsum((c - mean_cell) ** 2 for c in cells)
    return Lattice(over / under, 0, mean_point - mean_cell * over / under, rounding)


def _fits(lattice: Lattice, points: Sequence[float]) -> bool:
    return sum(lattice.value(lattice.cell(p)) != p for p in points) <= MISFITS * len(points)
