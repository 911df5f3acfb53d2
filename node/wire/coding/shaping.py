"""From a column's values to whole numbers: which forms hold them, and what has to be marked. `forms` is the way back.

Every form that is offered was checked value by value: what it says is the very number, or the row is marked.
"""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING, Final, cast

from node.wire.coding.floats import order32, order64, single
from node.wire.coding.forms import MOST_DECIMALS, NUDGES, Form, Kind, Mark, Shaped, is_single, nudge, number
from node.wire.coding.lattice import find
from node.wire.coding.octets import zigzag
from node.wire.coding.pieces import split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from node.wire.messages import Value

MOST_CELL: Final = 1 << 62
MOST_NARROW: Final = 9
GRAVE: Final = 0.12
"""The share of strays above which a form is given up for one that needs none."""


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


def _on_lattice(numbers: list[float], plain: list[float], width: int, decimals: int) -> Shaped | None:
    lattice = find(plain, width, decimals)
    if lattice is None:
        return None
    shaped = _shape(numbers, Form(Kind.LATTICE, lattice=lattice), lattice.cell)
    return shaped if len(shaped.strays) <= GRAVE * len(numbers) else None


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
        off = order32(value) - order32(guess) if is_single(form) else order64(value) - order64(guess)
    if not 0 < abs(off) <= NUDGES or nudge(guess, off, form) != value:
        return Mark.STRAY
    return Mark.NUDGE + zigzag(off)
