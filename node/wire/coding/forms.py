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
from itertools import accumulate
from typing import TYPE_CHECKING, Final, cast

from node.wire.coding.floats import float32_at, float64_at, order32, order64, single
from node.wire.coding.lattice import SINGLE, Lattice, find
from node.wire.coding.octets import Reader, text, unzigzag, varint, zigzag
from node.wire.coding.pieces import MOST as MOST_PIECES
from node.wire.coding.pieces import split
from node.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from node.wire.messages import Value

MOST_DECIMALS: Final = 22
MOST_CELL: Final = 1 << 62
NUDGES: Final = 8
"""How many units in the last place a float64 may lie beside its decimal before it is written out."""
MOST_NARROW: Final = 9
GRAVE: Final = 0.12
"""The share of strays above which a form is given up for one that needs none."""


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


def shapes(values: Sequence[Value], width: int) -> list[Shaped]:
    """Give every form that is worth trying for a column.

    Args:
        values: numbers, or words.
        width: 32 where every number is a float32.

    Raises:
        ValueError: numbers and words are mixed, or something is neither.
    """
    if all(isinstance(value, str) for value in values):
        return [_words(values)]
    if any(isinstance(value, (str, type(None))) for value in values):
        raise ValueError("a column holds numbers or words, not both")
    if all(isinstance(value, int) and abs(value) < MOST_CELL for value in values):
        return [Shaped(Form(Kind.WHOLE), [int(value) for value in cast("Sequence[int]", values)])]
    return _number_shapes([float(cast("float", value)) for value in values], width)


def _number_shapes(numbers: list[float], width: int) -> list[Shaped]:
    plain = [number for number in numbers if math.isfinite(number)]
    narrow = all(single(number) == number for number in plain)
    if width == 32 and not narrow:
        raise ValueError("a column of width 32 holds a number that is no float32")
    if narrow and any(_decimals(number, 64) > MOST_NARROW for number in plain):
        width = 32  # float32 in a column that does not say so: their float64 decimals would be endless
    digits = sorted(_decimals(number, width) for number in plain) or [0]
    usual, most = digits[len(digits) * 7 // 10], digits[-1]
    decimal = [_decimal(numbers, width, decimals) for decimals in dict.fromkeys((usual, most))]
    lattice = _on_lattice(numbers, plain, width, usual) or _on_lattice(numbers, plain, width, most)
    pieces = None if lattice or len(plain) < len(numbers) else _in_pieces(numbers, width, usual)
    return [each for each in (lattice, pieces, *decimal) if each is not None] + [_bits(numbers, width)]


def _in_pieces(numbers: list[float], width: int, decimals: int) -> Shaped | None:
    pieces = split(numbers, width, decimals)
    if not pieces:
        return None
    ends = list(accumulate(rows for rows, _ in pieces))
    shaped = [
        _shape(numbers[end - rows : end], Form(Kind.LATTICE, lattice=lattice), lattice.cell)
        for end, (rows, lattice) in zip(ends, pieces, strict=True)
    ]
    marks = [mark for each in shaped for mark in each.marks or [0] * len(each.cells)]
    return Shaped(
        Form(Kind.PIECES, pieces=tuple(pieces)),
        [cell for each in shaped for cell in each.cells],
        marks if any(marks) else [],
        [stray for each in shaped for stray in each.strays],
    )


def _on_lattice(numbers: list[float], plain: list[float], width: int, decimals: int) -> Shaped | None:
    lattice = find(plain, width, decimals)
    if lattice is None:
        return None
    shaped = _shape(numbers, Form(Kind.LATTICE, lattice=lattice), lattice.cell)
    return shaped if len(shaped.strays) <= GRAVE * len(numbers) else None


def _decimals(value: float, width: int) -> int:
    """Count the decimals of the shortest text that gives this float."""
    mantissa, _, exponent = (shortest32(value) if width == 32 else repr(value)).partition("e")
    fraction = mantissa.partition(".")[2]
    return max(0, (0 if fraction == "0" else len(fraction)) - int(exponent or 0))


def shortest32(value: float) -> str:
    """Print a float32 in the fewest digits that give it again."""
    for digits in range(6, 10):
        printed = f"{value:.{digits}g}"
        if single(float(printed)) == value:
            return printed
    return repr(value)


def _words(values: Sequence[Value]) -> Shaped:
    words = tuple(dict.fromkeys(str(value) for value in values))
    places = {word: i for i, word in enumerate(words)}
    return Shaped(Form(Kind.WORDS, words=words), [places[str(value)] for value in values])


def _bits(numbers: list[float], width: int) -> Shaped:
    order = order32 if width == 32 else order64
    return _shape(numbers, Form(Kind.BITS32 if width == 32 else Kind.BITS64), order)


def _decimal(numbers: list[float], width: int, decimals: int) -> Shaped | None:
    """Shape as decimals, or None where that many do not fit in a cell."""
    if decimals > MOST_DECIMALS:
        return None
    scale = 10**decimals
    if any(math.isfinite(v) and abs(v) * scale >= MOST_CELL for v in numbers):
        return None
    form = Form(Kind.SINGLE if width == 32 else Kind.DECIMAL, decimals)
    shaped = _shape(numbers, form, lambda value: _round(value, scale))
    return shaped if len(shaped.strays) <= GRAVE * len(numbers) else None


def _round(value: float, scale: int) -> int:
    """Round value * scale exactly: the float product may be one off when it is beyond 2**53."""
    top, bottom = value.as_integer_ratio()
    return (2 * top * scale + bottom) // (2 * bottom)


def _shape(numbers: list[float], form: Form, cell_of: Callable[[float], int]) -> Shaped:
    cells: list[int] = []
    marks: list[int] = []
    strays: list[float] = []
    last = 0
    for value in numbers:
        mark = _odd(value)
        if mark == Mark.PLAIN:
            cell = cell_of(value)
            mark = _compare(value, number(form, cell), form)
            if mark != Mark.STRAY:
                last = cell
        if mark == Mark.STRAY:
            strays.append(value)
        cells.append(last)
        marks.append(mark)
    first = next((c for c, m in zip(cells, marks, strict=True) if m == Mark.PLAIN or m >= Mark.NUDGE), 0)
    for i, mark in enumerate(marks):  # rows before the first plain one have no neighbour to repeat
        if mark == Mark.PLAIN or mark >= Mark.NUDGE:
            break
        cells[i] = first
    return Shaped(form, cells, marks if any(marks) else [], strays)


def _odd(value: float) -> int:
    if value != value:  # noqa: PLR0124 - NaN
        return Mark.MISSING
    if value in (math.inf, -math.inf):
        return Mark.INFINITE if value > 0 else Mark.MINUS_INFINITE
    if value == 0 and math.copysign(1, value) < 0:
        return Mark.MINUS_ZERO
    return Mark.PLAIN


def _compare(value: float, guess: float, form: Form) -> int:
    if value == guess:
        return Mark.PLAIN
    if not math.isfinite(guess):
        return Mark.STRAY
    unit = form.lattice.unit if form.lattice else 0.0
    if unit:
        off = round((value - guess) / unit)
    else:
        off = order32(value) - order32(guess) if _is_single(form) else order64(value) - order64(guess)
    if not 0 < abs(off) <= NUDGES or _nudge(guess, off, form) != value:
        return Mark.STRAY
    return Mark.NUDGE + zigzag(off)


def _nudge(guess: float, off: int, form: Form) -> float:
    """Return what lies some units of the last printed digit, or of the last binary place, beside."""
    if form.lattice and form.lattice.unit:
        return form.lattice.nudge(guess, off)
    return float32_at(order32(guess) + off) if _is_single(form) else float64_at(order64(guess) + off)


def _is_single(form: Form) -> bool:
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
            values[i] = _nudge(cast("float", values[i]), unzigzag(mark - Mark.NUDGE), shaped.form)


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
