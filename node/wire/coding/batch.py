"""The body of a Results message: seqs, times and columns in one byte string, and back.

Its first byte names the layout, and holds a table's flags. A single row has a layout of its own; a batch becomes a
`table` of whole numbers, and the layouts differ in how they write those down:

    row      one row, positional
    raw      bytes
    delta    steps in few bits: cheap on both sides
    entropy  an arithmetic coder with a model: the smallest, nearly always; some 20 us a value
    general  zstd; needs its library on both sides
    pcodec   pcodec; likewise
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from itertools import pairwise
from math import log2
from typing import TYPE_CHECKING, Final

from node.wire.coding import delta, entropy, forms, general, pcodec, raw, row, shaping, table
from node.wire.coding.forms import Kind, Shaped
from node.wire.coding.octets import Reader
from node.wire.coding.table import MOST_COLUMNS, MOST_ROWS
from node.wire.errors import WireError

if TYPE_CHECKING:
    from node.wire.coding.table import Lane, Table
    from node.wire.messages import Column

Pack = Callable[[Sequence["Lane"]], bytes]
Unpack = Callable[[Reader, Sequence["Lane"], int], list[list[int]]]


LAYOUT_BITS: Final = 3


class Layout(IntEnum):
    """The low three bits of a body's first byte; above them stand a table's flags."""

    ROW = 0
    RAW = 1
    DELTA = 2
    ENTROPY = 3
    GENERAL = 4
    PCODEC = 5


LAYOUTS: Final[Mapping[int, tuple[Pack, Unpack]]] = {
    Layout.RAW: (raw.pack, raw.unpack),
    Layout.DELTA: (delta.pack, delta.unpack),
    Layout.ENTROPY: (entropy.pack, entropy.unpack),
    Layout.GENERAL: (general.pack, general.unpack),
    Layout.PCODEC: (pcodec.pack, pcodec.unpack),
}
"""Both directions of each layout for batches."""

EVERYWHERE: Final = (Layout.DELTA, Layout.ENTROPY)
"""What every peer can read, and what `pack` tries unless it is told otherwise."""

Batch = tuple[list[int], list[int], "list[Column]"]
"""Seqs, times in milliseconds, and columns, all equally long."""


def available() -> tuple[Layout, ...]:
    """Return the layouts for batches that can be packed here."""
    extra = ((general, Layout.GENERAL), (pcodec, Layout.PCODEC))
    return (Layout.RAW, *EVERYWHERE, *(layout for module, layout in extra if module.available()))


def pack(
    seqs: Sequence[int],
    times_ms: Sequence[int],
    columns: Sequence[Column],
    *,
    layouts: Sequence[Layout] = EVERYWHERE,
) -> bytes:
    """Pack a batch in the smallest of some layouts.

    Args:
        seqs: ascending, 1 to 4096 of them.
        times_ms: one a row.
        columns: at most 64, one value a row each.
        layouts: which to try; a single row always takes its own.

    Returns:
        The bytes that stand for the batch in a Results message.

    Raises:
        ValueError: the parts are not equally long, too many, or hold what no column can.
    """
    _check(seqs, times_ms, columns)
    if len(seqs) == 1:
        return bytes((Layout.ROW,)) + row.pack(seqs, times_ms, columns)
    shaped = [min(shaping.shapes(each.values, each.width), key=_weight) for each in columns]
    built = table.build(seqs, times_ms, [(each.name, each.width) for each in columns], shaped)
    return min(
        (
            bytes((layout | built.flags << LAYOUT_BITS,)) + built.head + LAYOUTS[layout][0](built.lanes)
            for layout in _fitting(layouts, built)
        ),
        key=len,
    )


def unpack(body: object) -> Batch:
    """Undo `pack`.

    Raises:
        WireError: the body is not one that `pack` gives, or needs a library that is not here.
    """
    if not isinstance(body, bytes) or not body:
        raise WireError("bad-body", f"expected packed bytes, got {type(body).__name__}")
    reader = Reader(body)
    byte = reader.byte()
    layout, flags = byte & (1 << LAYOUT_BITS) - 1, byte >> LAYOUT_BITS
    if byte == Layout.ROW:
        batch = row.unpack(reader)
    else:
        plan = table.read(reader, flags)
        batch = table.assemble(plan, _unlanes(layout, reader, plan.lanes(), plan.rows))
    if reader.at != len(body):
        raise WireError("bad-body", f"{len(body) - reader.at} bytes after the end")
    if not _are_distinct(batch[2]):
        raise WireError("bad-body", "two columns of one name")
    return batch


def _check(seqs: Sequence[int], times_ms: Sequence[int], columns: Sequence[Column]) -> None:
    rows = len(seqs)
    if not 1 <= rows <= MOST_ROWS or len(columns) > MOST_COLUMNS:
        raise ValueError(f"{rows} rows of {len(columns)} columns; a batch has 1 to {MOST_ROWS}, {MOST_COLUMNS} at most")
    if len(times_ms) != rows or any(len(each.values) != rows for each in columns):
        raise ValueError(f"times or values are not {rows}, as the seqs are")
    if not _are_distinct(columns):
        raise ValueError("two columns of one name")
    if any(b <= a for a, b in pairwise(seqs)) or seqs[0] < 0 or seqs[-1] >= table.MOST_SEQ:
        raise ValueError("seqs ascend from 0 on")
    if any(abs(time) >= row.MOST_TIME for time in (min(times_ms), max(times_ms))):
        raise ValueError("times beyond 53 bits")


def _are_distinct(columns: Sequence[Column]) -> bool:
    return len({each[0] for each in columns}) == len(columns)


def _fitting(layouts: Sequence[Layout], built: Table) -> list[Layout]:
    """Leave out the model where the batch is larger than a peer would decode; delta always fits."""
    large = built.rows * len(built.lanes) > entropy.MOST_VALUES
    return [each for each in layouts if not (large and each == Layout.ENTROPY)] or [Layout.DELTA]


def _unlanes(layout: int, reader: Reader, lanes: Sequence[Lane], rows: int) -> list[list[int]]:
    if layout not in LAYOUTS:
        raise WireError("bad-body", f"no layout {layout}")
    return LAYOUTS[Layout(layout)][1](reader, lanes, rows)


def _weight(shaped: Shaped) -> float:
    """Estimate the bits of a column in one form, from its steps."""
    cells = shaped.cells
    if shaped.form.kind in (Kind.BITS32, Kind.BITS64):
        steps = _float_bits(shaped)
    else:
        steps = sum([log2(1 + abs(b - a)) for a, b in pairwise(cells)])
    details = 8 * len(forms.write(shaped.form))
    return steps + details + 70 * len(shaped.strays) + 6 * sum([mark != 0 for mark in shaped.marks])


def _float_bits(shaped: Shaped) -> float:
    """As `_weight`, for floats by their bits: steps on the real line, in last places of where they end."""
    single = shaped.form.kind == Kind.BITS32
    place, least = (2.0**-24, 2.0**-149) if single else (2.0**-53, 2.0**-1074)
    values = [forms.number(shaped.form, cell) for cell in shaped.cells]
    return sum([log2(1 + abs(b - a) / max(abs(b) * place, least)) for a, b in pairwise(values)])
