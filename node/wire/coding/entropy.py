"""The layout for batches: every lane through one arithmetic coder, each value at what the experts make of it.

A lane begins with a few bytes: its first cell, how wide it spreads (so that no value lies outside), how far steps
usually go, which lanes before it it is regressed on, and whether it comes with an alphabet of the cells that occur.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import frexp, sqrt
from typing import TYPE_CHECKING, Final

from node.wire.coding.grids import Alphabet, Doubles, Grid, Singles, Whole
from node.wire.coding.mixture import Known, Model
from node.wire.coding.octets import Reader, unzigzag, varint, zigzag
from node.wire.coding.range_coder import Coder, Decoder, Encoder
from node.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.coding.table import Lane

GRIDS: Final[dict[str, Grid]] = {"whole": Whole(), "single": Singles(), "double": Doubles()}
MOST_VALUES: Final = 16384
"""Modelled values a message: the bound on a hostile sender's use of our time, about half a second."""
MOST_REFS: Final = 2
MOST_BACK: Final = 15
MOST_SPREAD: Final = 66
MOST_OCTAVE: Final = 120
MOST_FIRST: Final = (1 << 65) - 1
TINY: Final = 2
"""Added to an octave, so that steps of a quarter have one."""
WIDE: Final = 30
CONSTANT: Final = 31
LISTED: Final = 63
FEWEST: Final = 2
LEAST_LIKENESS: Final = 0.2
"""Lanes whose steps correlate less than this are not worth the byte that names them."""
FEW: Final = 0.375
SPARSE: Final = 3
"""An alphabet is tried where cells are spread at least this thin."""


@dataclass(frozen=True, slots=True)
class Start:
    """What is told of a lane before its values.

    Attributes:
        first: its first cell.
        spread: no cell is 2**spread or more away from the first; 0 where all are the same.
        octave: steps are usually about 2**octave long, on the real line.
        refs: lanes before it that the regression sees.
    """

    first: int
    spread: int
    octave: int = 0
    refs: tuple[int, ...] = ()

    def write(self, place: int) -> bytes:
        """Write it.

        A byte: CONSTANT; or five bits of octave and three of how much wider the spread is; or WIDE, and two bytes
        (spread, octave) follow. Then, for all but the first lane, a byte of how far back its references lie, a
        nibble each. Then the first cell.
        """
        octave, wider = self.octave + TINY, self.spread - self.octave
        if self.spread == 0:
            return bytes((CONSTANT,)) + varint(zigzag(self.first))
        handy = 0 <= octave < 30 and 0 <= wider < 8
        size = bytes((octave | wider << 5,)) if handy else bytes((WIDE, self.spread, self.octave + 128))
        back = [place - ref for ref in self.refs] + [0, 0]
        refs = bytes((back[0] | back[1] << 4,)) if place else b""
        return size + refs + varint(zigzag(self.first))

    @classmethod
    def read(cls, reader: Reader, place: int) -> Start:
        """Undo `write`; references point at lanes before this one."""
        byte = reader.byte()
        if byte == CONSTANT:
            return cls(unzigzag(reader.varint(MOST_FIRST)), 0)
        octave = (byte & 31) - TINY
        spread = octave + (byte >> 5)
        if byte & 31 == WIDE:
            spread, octave = reader.byte(), reader.byte() - 128
        back = reader.byte() if place else 0
        refs = tuple(place - each for each in (back & 15, back >> 4) if each)
        if not 0 < spread <= MOST_SPREAD or not -MOST_OCTAVE <= octave <= MOST_OCTAVE or any(ref < 0 for ref in refs):
            raise WireError("bad-body", f"a lane spreads over {spread} bits, octave {octave}, refers to {refs}")
        return cls(unzigzag(reader.varint(MOST_FIRST)), spread, octave, refs)

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
    heads = b""
    known: list[Known] = []
    for lane, listed in zip(lanes, alphabets, strict=True):
        grid = GRIDS[lane.grid]
        letters = sorted(set(lane.cells)) if listed else []
        start = _start(lane, grid, known)
        if letters:
            heads += bytes((LISTED,)) + varint(len(letters)) + _pack_letters(coder, letters)
        heads += start.write(len(known))
        known.append(_code(coder, lane.cells, start, grid, letters, known))
    return heads + coder.finish()


def unpack(reader: Reader, lanes: Sequence[Lane], rows: int) -> list[list[int]]:
    """Undo `pack`.

    Raises:
        WireError: the starts contradict themselves, or promise more than is decoded in one message.
    """
    if rows * len(lanes) > MOST_VALUES:
        raise WireError("bad-body", f"{rows} x {len(lanes)} modelled values; at most {MOST_VALUES}")
    starts = [_read_start(reader, place, rows) for place in range(len(lanes))]
    coder = Decoder(reader.rest())
    known: list[Known] = []
    for lane, (count, listing, start) in zip(lanes, starts, strict=True):
        letters = _unpack_letters(coder, listing, count) if count else []
        known.append(_code(coder, [0] * rows, start, GRIDS[lane.grid], letters, known))
    return [each.cells for each in known]


def _read_start(reader: Reader, place: int, rows: int) -> tuple[int, Start, Start]:
    """Read how many letters are listed, how their list starts, and how the lane starts."""
    if reader.peek() != LISTED:
        start = Start.read(reader, place)
        return 0, start, start
    reader.byte()
    count = reader.varint(rows)
    if count < FEWEST:
        raise WireError("bad-body", f"an alphabet of {count} letters")
    return count, Start.read(reader, 0), Start.read(reader, place)


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
    refs = () if lane.aside else tuple(ref for ref in _alike(steps, known) if len(known) - ref <= MOST_BACK)
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


def _pack_letters(coder: Coder, letters: Sequence[int]) -> bytes:
    """Code the distances of an alphabet's letters as a small lane of their own, first of them the first letter."""
    gaps = [b - a - 1 for a, b in pairwise(letters)]
    mean = max(sum(gaps) / len(gaps), 0.25)
    start = Start(letters[0], max(1, max(gaps).bit_length()), _octave(mean))
    _gaps(coder, gaps, start)
    return start.write(0)


def _unpack_letters(coder: Coder, start: Start, count: int) -> list[int]:
    letters = [start.first]
    for gap in _gaps(coder, [0] * (count - 1), start):
        letters.append(letters[-1] + gap + 1)
    return letters


def _gaps(coder: Coder, gaps: Sequence[int], start: Start) -> list[int]:
    model = Model(GRIDS["whole"], 0, 2.0**start.octave, (0, 1 << start.spread), [])
    return [model.code(coder, gap, row) for row, gap in enumerate(gaps)]
