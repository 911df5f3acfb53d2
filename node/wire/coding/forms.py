"""How a column's values become whole numbers ("cells") and exactly those values again.

    WHOLE    integers, as they are
    DECIMAL  float64 with few decimals: cell / 10**e, which Python divides correctly rounded
    SINGLE   float32 with few decimals: the float32 next to cell / 10**e
    LATTICE  a converter's steps printed with a few digits: see `lattice`
    BITS32   any float32, by the order of its bits
    BITS64   any float64, likewise
    PIECES   stretches of rows, each on a lattice of its own
    WORDS    labels: the place in a list of words

A few rows may differ from what their cell says; each of those carries a mark: a missing value, a minus zero, an
infinity, a float64 that is some last-place units beside the decimal (what 0.1 + 0.2 leaves), or a stray that is
written out. Marks are numbers too, and are coded like a column.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final, cast

from node.wire.coding.floats import float32_at, float64_at, order32, order64, single
from node.wire.coding.lattice import SINGLE, Lattice
from node.wire.coding.octets import Reader, text, unzigzag, varint
from node.wire.coding.pieces import MOST as MOST_PIECES
from node.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from node.wire.messages import Value

MOST_DECIMALS: Final = 22
NUDGES: Final = 8
"""How many units in the last place a number may lie beside what its cell says."""


class Kind(IntEnum):
    """The form's number on the wire."""

    WHOLE = 0
    DECIMAL = 1
    SINGLE = 2
    LATTICE = 3
    BITS32 = 4
    BITS64 = 5
    WORDS = 6
    PIECES = 7


class Mark(IntEnum):
    """What a row is when it is not what its cell says; from NUDGE on, units in the last place, zigzag."""

    PLAIN = 0
    MISSING = 1
    MINUS_ZERO = 2
    INFINITE = 3
    MINUS_INFINITE = 4
    STRAY = 5
    NUDGE = 6


@dataclass(frozen=True, slots=True)
class Form:
    """The way back from cells to values.

    Attributes:
        kind: which of the forms.
        decimals: the power of ten, for DECIMAL and SINGLE.
        lattice: for LATTICE.
        pieces: for PIECES, rows and lattice of each.
        words: for WORDS.
    """

    kind: Kind
    decimals: int = 0
    lattice: Lattice | None = None
    pieces: tuple[tuple[int, Lattice], ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shaped:
    """A column as numbers.

    Attributes:
        form: the way back.
        cells: one a row; marked rows repeat their neighbour.
        marks: one a row, empty when all are plain.
        strays: the float64 of the rows that are marked STRAY, in order.
    """

    form: Form
    cells: list[int]
    marks: list[int] = field(default_factory=list)
    strays: list[float] = field(default_factory=list)


def nudge(guess: float, off: int, form: Form) -> float:
    """Return what lies some units of the last printed digit, or of the last binary place, beside."""
    if form.lattice and form.lattice.unit:
        return form.lattice.nudge(guess, off)
    return float32_at(order32(guess) + off) if is_single(form) else float64_at(order64(guess) + off)


def is_single(form: Form) -> bool:
    """Tell whether a form's values are float32, so that last places are float32's."""
    return form.kind == Kind.SINGLE or (form.lattice is not None and form.lattice.rounding >= SINGLE)


def number(form: Form, cell: int) -> float:
    """Return the value that a cell says."""
    kind = form.kind
    if kind == Kind.DECIMAL:
        return float(cell / 10**form.decimals)
    if kind == Kind.SINGLE:
        return single(cell / 10**form.decimals)
    if kind == Kind.BITS32:
        return float32_at(cell)
    if kind == Kind.BITS64:
        return float64_at(cell)
    assert form.lattice is not None
    return form.lattice.value(cell)


def restore(shaped: Shaped) -> list[Value]:
    """Undo `shapes`.

    Raises:
        WireError: a cell lies outside its form.
    """
    form, cells = shaped.form, shaped.cells
    if form.kind == Kind.WHOLE:
        return list(cells)
    if form.kind == Kind.WORDS:
        if min(cells) < 0 or max(cells) >= len(form.words):
            raise WireError("bad-body", "a word that is not in its list")
        return [form.words[cell] for cell in cells]
    if form.kind == Kind.PIECES:
        return _restore_pieces(shaped)
    try:
        values: list[Value] = [number(form, cell) for cell in cells]
    except (struct.error, OverflowError) as error:
        raise WireError("bad-body", f"a number outside {form.kind.name}") from error
    if shaped.marks:
        if min(shaped.marks) < 0 or max(shaped.marks) > Mark.NUDGE + 2 * NUDGES:
            raise WireError("bad-body", "a mark that means nothing")
        _apply(values, shaped, iter(shaped.strays))
    return values


def _restore_pieces(shaped: Shaped) -> list[Value]:
    values: list[Value] = []
    strays = list(shaped.strays)
    for rows, lattice in shaped.form.pieces:
        cut = slice(len(values), len(values) + rows)
        marks = shaped.marks[cut]
        count = marks.count(Mark.STRAY)
        piece = Shaped(Form(Kind.LATTICE, lattice=lattice), shaped.cells[cut], marks, strays[:count])
        values += restore(piece)
        del strays[:count]
    return values


FIXED: Final = {
    Mark.MISSING: math.nan,
    Mark.MINUS_ZERO: -0.0,
    Mark.INFINITE: math.inf,
    Mark.MINUS_INFINITE: -math.inf,
}


def _apply(values: list[Value], shaped: Shaped, strays: Iterator[float]) -> None:
    for i, mark in enumerate(shaped.marks):
        if mark == Mark.PLAIN:
            continue
        if mark in FIXED:
            values[i] = FIXED[Mark(mark)]
        elif mark == Mark.STRAY:
            values[i] = next(strays)
        else:
            values[i] = nudge(cast("float", values[i]), unzigzag(mark - Mark.NUDGE), shaped.form)


def write(form: Form) -> bytes:
    """Write a form's details; its kind and its decimals stand in the column's head."""
    if form.lattice is not None:
        return form.lattice.write()
    if form.kind == Kind.PIECES:
        return varint(len(form.pieces)) + b"".join(varint(rows) + each.write() for rows, each in form.pieces)
    if form.kind == Kind.WORDS:
        return varint(len(form.words)) + b"".join(text(word) for word in form.words)
    return b""


def read(kind: int, reader: Reader, rows: int) -> Form:
    """Undo `write`; a list of words is never longer than the batch."""
    if kind == Kind.LATTICE:
        return Form(Kind.LATTICE, lattice=Lattice.read(reader))
    if kind == Kind.PIECES:
        pieces = tuple((reader.varint(rows), Lattice.read(reader)) for _ in range(reader.varint(MOST_PIECES)))
        if sum(each for each, _ in pieces) != rows:
            raise WireError("bad-body", f"pieces of other than {rows} rows")
        return Form(Kind.PIECES, pieces=pieces)
    if kind == Kind.WORDS:
        return Form(Kind.WORDS, words=tuple(reader.text(1024) for _ in range(reader.varint(rows))))
    if kind in (Kind.WHOLE, Kind.BITS32, Kind.BITS64):
        return Form(Kind(kind))
    raise WireError("bad-body", f"no form {kind}")
