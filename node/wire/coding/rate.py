"""The line that a clock's times follow: time = start + floor(row * step + phase), with a step that is a fraction.

A sensor at 26 Hz read with a clock of milliseconds gives steps of 38 and 39 in a pattern; that pattern is one
fraction, 500/13. Times that do not lie on a line differ from it: each by itself where a clock jitters about its
period (JITTER), each from the one before where things happen when they happen (STEPS).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from math import ceil, floor, gcd
from typing import TYPE_CHECKING, Final

from node.wire.coding.octets import Reader, unzigzag, varint, zigzag
from node.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Sequence

JITTER: Final = 1
STEPS: Final = 2
MOST_UNIT: Final = 1 << 40
PHASES: Final = 64
MOST_TIME: Final = 1 << 53
MOST_STEP: Final = 1 << 57
MOST_DIVISOR: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Rate:
    """A line of whole milliseconds.

    Attributes:
        start_ms: where row 0 lies.
        step: numerator of the milliseconds from row to row.
        divisor: and its denominator.
        phase: how far after start_ms row 0 really lies, in 1/64 ms.
    """

    start_ms: int
    step: int
    divisor: int = 1
    phase: int = 0

    def at(self, row: int) -> int:
        """Return the time of a row."""
        return self.start_ms + (row * self.step * PHASES + self.phase * self.divisor) // (self.divisor * PHASES)

    def write(self) -> bytes:
        """Write it; see `read`. A whole step needs no divisor and no phase."""
        whole = self.divisor == 1
        head = varint(zigzag(self.start_ms)) + varint(zigzag(self.step) << 1 | (not whole))
        return head if whole else head + varint(self.divisor) + bytes((self.phase,))

    @classmethod
    def read(cls, reader: Reader) -> Rate:
        """Undo `write`."""
        start = unzigzag(reader.varint(MOST_TIME << 1))
        step = reader.varint(MOST_STEP)
        if not step & 1:
            return cls(start, unzigzag(step >> 1))
        divisor = reader.varint(MOST_DIVISOR)
        if divisor == 0:
            raise WireError("bad-body", "times with a step over zero")
        return cls(start, unzigzag(step >> 1), divisor, reader.byte())


def fit(times_ms: Sequence[int]) -> Rate:
    """Find the line through all times, or the one through most."""
    start = times_ms[0]
    offsets = [time - start for time in times_ms]
    steps = sorted(b - a for a, b in pairwise(times_ms)) or [0]
    usual = steps[len(steps) // 2]
    if steps[0] == steps[-1]:
        return Rate(start, usual)
    if steps[-1] - steps[0] == 1:  # else no line has them all: floors of a line's steps differ by one at most
        for phase in range(PHASES):
            step = _slope(offsets, phase)
            if step is not None and step.denominator <= MOST_DIVISOR:
                return Rate(start, step.numerator, step.denominator, phase)
    return Rate(start, usual)


def differences(line: Rate, times_ms: Sequence[int]) -> tuple[int, int, list[int]]:
    """Return how times differ from their line: 0 or JITTER or STEPS, the unit, and the differences in that unit."""
    off = [time - line.at(row) for row, time in enumerate(times_ms)]
    if not any(off):
        return 0, 1, off
    steps = [off[0], *[b - a for a, b in pairwise(off)]]
    kind, cells = (STEPS, steps) if _bits(steps) < _bits(off) else (JITTER, off)
    unit = gcd(*cells)
    if unit > MOST_UNIT:
        unit = 1
    return kind, unit, [cell // unit for cell in cells]


def follow(line: Rate, kind: int, differences_ms: Sequence[int]) -> list[int]:
    """Undo `differences`.

    Raises:
        WireError: a time beyond 53 bits.
    """
    off = accumulate(differences_ms) if kind == STEPS else differences_ms
    times_ms = [line.at(row) + each for row, each in enumerate(off)]
    if max(times_ms) >= MOST_TIME or min(times_ms) <= -MOST_TIME:
        raise WireError("bad-body", "times beyond 53 bits")
    return times_ms


def _bits(cells: Sequence[int]) -> int:
    return sum([cell.bit_length() for cell in cells])


def _slope(offsets: Sequence[int], phase: int) -> Fraction | None:
    """Return the simplest slope that meets all offsets with this phase: the tightest pair of bounds."""
    _, low, at_low = max(((d * PHASES - phase) / i, d, i) for i, d in enumerate(offsets) if i)
    _, high, at_high = min((((d + 1) * PHASES - phase) / i, d, i) for i, d in enumerate(offsets) if i)
    least = Fraction(low * PHASES - phase, at_low * PHASES)
    most = Fraction((high + 1) * PHASES - phase, at_high * PHASES)
    return _simplest(least, most) if 0 <= least < most else None


def _simplest(least: Fraction, most: Fraction) -> Fraction:
    """Return the fraction of the smallest denominator in [least, most): a walk down the Stern-Brocot tree."""
    if ceil(least) < most:
        return Fraction(ceil(least))
    whole = floor(least)
    return whole + 1 / _simplest_above(1 / (most - whole), 1 / (least - whole))


def _simplest_above(least: Fraction, most: Fraction) -> Fraction:
    """As `_simplest`, for (least, most]."""
    whole = floor(least)
    if whole + 1 <= most:
        return Fraction(whole + 1)
    if least == whole:
        return whole + Fraction(1, ceil(1 / (most - whole)))
    return whole + 1 / _simplest(1 / (most - whole), 1 / (least - whole))
