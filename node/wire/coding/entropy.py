"""The layout for batches: every lane through one arithmetic coder, each value at what the experts make of it.

A lane begins with what the experts have to know: its first cell, how wide it spreads (so that no value lies outside),
how far steps usually go, which lanes before it it is regressed on, and whether it comes with an alphabet of the cells
that occur. That, too, goes through the coder, where a likely answer costs less than a bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import frexp, sqrt
from typing import TYPE_CHECKING, Final

from node.wire.coding.grids import Alphabet, Doubles, Grid, Singles, Whole
from node.wire.coding.mixture import Known, Model
from node.wire.coding.octets import Reader, unzigzag, zigzag
from node.wire.coding.range_coder import Coder, Decoder, Encoder
from node.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.coding.table import Lane

GRIDS: Final[dict[str, Grid]] = {"whole": Whole(), "single": Singles(), "double": Doubles()}
MOST_VALUES: Final = 16384
"""Modelled values a message: the bound on a hostile sender's use of our time, about half a second."""
MOST_REFS: Final = 2
MOST_SPREAD: Final = 66
MOST_OCTAVE: Final = 120
MOST_BITS: Final = 67
TINY: Final = 2
"""Added to an octave, so that steps of a quarter have one."""
HANDY_OCTAVES: Final = 30
HANDY_WIDTHS: Final = 8
"""How many octaves, and how much wider than them a spread can be, in the short form of a start."""
FEWEST: Final = 2
"""Letters in an alphabet."""
SELDOM: Final = 6000
EVEN: Final = 32768
"""Chances of 65536."""
LEAST_LIKENESS: Final = 0.2
"""Lanes whose steps correlate less than this are not worth the byte that names them."""
FEW: Final = 0.375
SPARSE: Final = 3
"""An alphabet is tried where cells are spread at least this thin."""


@dataclass(frozen=True, slots=True)
class Start:
    """What is told of a lane before its values.

    Attributes:
        first: its first cell; row 0 is not coded again.
        spread: no cell is 2**spread or more away from the first; 0 where all are the same.
        octave: steps are usually about 2**octave long, on the real line.
        refs: lanes before it that the regression sees.
    """

    first: int
    spread: int
    octave: int = 0
    refs: tuple[int, ...] = ()

    @property
    def bounds(self) -> tuple[int, int]:
        """The least cell and the one after the largest."""
        return self.first - (1 << self.spread), self.first + (1 << self.spread)


def pack(lanes: Sequence[Lane]) -> bytes:
    """Pack lanes of equal length: the starts of all lanes, then the coder's bytes.

    Where some lanes' cells are few and thinly spread, both with and without alphabets are tried.
    """
    plain = _pack(lanes, [False] * len(lanes))
    listed = [_sparse(lane) for lane in lanes]
    return min(plain, _pack(lanes, listed), key=len) if any(listed) else plain


def _sparse(lane: Lane) -> bool:
    letters = len(set(lane.cells))
    span = max(lane.cells) - min(lane.cells) + 1
    return FEWEST <= letters <= len(lane.cells) * FEW and span >= SPARSE * letters


def _pack(lanes: Sequence[Lane], alphabets: Sequence[bool]) -> bytes:
    coder = Encoder()
    known: list[Known] = []
    for lane, listed in zip(lanes, alphabets, strict=True):
        grid = GRIDS[lane.grid]
        letters = _letters(coder, sorted(set(lane.cells)) if listed else [], len(lane.cells))
        start = _told(coder, _start(lane, grid, known), len(known))
        known.append(_code(coder, lane.cells, start, grid, letters, known))
    return coder.finish()


def unpack(reader: Reader, lanes: Sequence[Lane], rows: int) -> list[list[int]]:
    """Undo `pack`.

    Raises:
        WireError: the head promises more than is decoded in one message, or the bytes go on after the end.
    """
    if rows * len(lanes) > MOST_VALUES:
        raise WireError("bad-body", f"{rows} x {len(lanes)} modelled values; at most {MOST_VALUES}")
    coder = Decoder(reader.rest())
    known: list[Known] = []
    for lane in lanes:
        letters = _letters(coder, [], rows)
        start = _told(coder, Start(0, 0), len(known))
        known.append(_code(coder, [0] * rows, start, GRIDS[lane.grid], letters, known))
    if coder.left():
        raise WireError("bad-body", f"{coder.left()} bytes after the last lane")
    return [each.cells for each in known]


def _told(coder: Coder, start: Start, place: int) -> Start:
    """Code a start; a decoder passes anything and gets the start back."""
    if coder.bit(start.spread == 0, SELDOM):
        return Start(_number(coder, start.first), 0)
    octave, wider = start.octave + TINY, start.spread - start.octave
    if coder.bit(not (0 <= octave < HANDY_OCTAVES and 0 <= wider < HANDY_WIDTHS), SELDOM):
        octave = coder.uniform(start.octave + MOST_OCTAVE, 2 * MOST_OCTAVE + 1) - MOST_OCTAVE
        spread = coder.uniform(start.spread - 1, MOST_SPREAD) + 1
    else:
        octave = coder.uniform(octave, HANDY_OCTAVES) - TINY
        spread = max(octave + coder.uniform(wider, HANDY_WIDTHS), 1)
    refs: list[int] = []
    while len(refs) < MOST_REFS and place and coder.bit(len(start.refs) > len(refs), EVEN):
        ref = start.refs[len(refs)] if start.refs else 0
        refs.append(coder.uniform(ref, place))
    return Start(_number(coder, start.first), spread, octave, tuple(refs))


def _number(coder: Coder, value: int) -> int:
    """Code any whole number: how many bits its zigzag has, then those."""
    folded = zigzag(value)
    size = coder.uniform(folded.bit_length(), MOST_BITS)
    if size == 0:
        return 0
    top = 1 << (size - 1)
    return unzigzag(top + coder.uniform(folded - top, top))


def _start(lane: Lane, grid: Grid, known: Sequence[Known]) -> Start:
    cells = lane.cells
    first = cells[0]
    farthest = max(max(cells) - first, first - min(cells) - 1)
    if min(cells) == max(cells):
        return Start(first, 0)
    reals = [grid.real(cell) for cell in cells]
    steps = [b - a for a, b in pairwise(reals)]
    usual = sum(map(abs, steps)) / len(steps)
    octave = _octave(max(usual, 0.25) if lane.grid == "whole" else usual)
    refs = () if lane.aside else _alike(steps, known)
    return Start(first, max(1, farthest.bit_length()), octave, refs)


def _octave(step: float) -> int:
    return max(-MOST_OCTAVE, min(frexp(step)[1], MOST_OCTAVE))


def _alike(steps: Sequence[float], known: Sequence[Known]) -> tuple[int, ...]:
    """Return the lanes whose steps go most with these."""
    power = sum(step * step for step in steps)
    found = []
    for i, each in enumerate(known):
        theirs = each.steps
        if theirs:
            both = sum(a * b for a, b in zip(steps, theirs, strict=True))
            likeness = abs(both) / (sqrt(power * sum(b * b for b in theirs)) or 1.0)
            found.append((likeness, i))
    return tuple(i for likeness, i in sorted(found, reverse=True)[:MOST_REFS] if likeness > LEAST_LIKENESS)


def _code(
    coder: Coder, cells: list[int], start: Start, grid: Grid, letters: Sequence[int], known: Sequence[Known]
) -> Known:
    """Code one lane in either direction."""
    scale = 2.0**start.octave
    if start.spread == 0:
        return Known([start.first] * len(cells), [0.0] * len(cells))
    refs = [known[ref] for ref in start.refs]
    if letters:
        places = {letter: i for i, letter in enumerate(letters)}
        alphabet = Alphabet(grid, letters)
        if start.first not in places:
            raise WireError("bad-body", "a lane begins with a cell that is not in its alphabet")
        model = Model(alphabet, places[start.first], scale, (0, len(letters)), refs)
        coded = [letters[model.code(coder, places.get(cell, 0), row)] for row, cell in enumerate(cells) if row]
    else:
        model = Model(grid, start.first, scale, start.bounds, refs)
        coded = [model.code(coder, cell, row) for row, cell in enumerate(cells) if row]
    cells = [start.first, *coded]
    return Known(cells, [grid.real(cell) / scale for cell in cells])


def _letters(coder: Coder, letters: Sequence[int], rows: int) -> list[int]:
    """Code whether an alphabet follows, and it: a small lane of the distances from letter to letter."""
    if not coder.bit(bool(letters), SELDOM):
        return []
    count = coder.uniform(len(letters) - FEWEST, rows) + FEWEST
    gaps = [b - a - 1 for a, b in pairwise(letters)] or [0] * (count - 1)
    usual = _octave(max(sum(gaps) / len(gaps), 0.25))
    start = _told(coder, Start(letters[0] if letters else 0, max(gaps).bit_length() or 1, usual), 0)
    model = Model(GRIDS["whole"], 0, 2.0**start.octave, (0, 1 << start.spread), [])
    coded = [model.code(coder, gap, row) for row, gap in enumerate(gaps)]
    return list(accumulate(coded, lambda letter, gap: letter + gap + 1, initial=start.first))
