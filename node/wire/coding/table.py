"""A batch as lanes of whole numbers, under a head that says what they mean.

    rows, columns                    varints
    first seq, then 1 + a lane of gaps if the seqs do not simply count up
    the times' line (see `rate`), then 1 + a lane of differences if it does not meet them all
    for each column: its name, its form (see `forms`), its strays

How the lanes become bits is the layouts' affair.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from node.wire.coding import forms
from node.wire.coding.forms import Form, Kind, Mark, Shaped
from node.wire.coding.octets import Reader, varint
from node.wire.coding.rate import Rate, fit
from node.wire.errors import WireError
from node.wire.messages import Column
from node.wire.quantities import CODES, NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_ROWS: Final = 4096
MOST_COLUMNS: Final = 64
MOST_SEQ: Final = 1 << 62

OTHER: Final = 64
"""Below it a name's first byte is its length, from it on a code."""

GridName = Literal["whole", "single", "double"]
GRIDS: Final[dict[Kind, GridName]] = {Kind.BITS32: "single", Kind.BITS64: "double"}


@dataclass(frozen=True, slots=True)
class Lane:
    """Whole numbers, one a row.

    Attributes:
        cells: the numbers; empty while they are still to be read.
        grid: where they lie on the real line.
        aside: whether these are marks, gaps or differences of time: not worth regressing on.
    """

    cells: list[int]
    grid: GridName = "whole"
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A batch between values and bits."""

    rows: int
    head: bytes
    lanes: list[Lane] = field(default_factory=list)


def build(
    seqs: Sequence[int], times_ms: Sequence[int], names: Sequence[tuple[str, int]], shaped: Sequence[Shaped]
) -> Table:
    """Write the head and gather the lanes.

    Args:
        seqs: ascending.
        times_ms: as many.
        names: name and width of each column.
        shaped: and its form.
    """
    rows = len(seqs)
    lanes: list[Lane] = []
    gaps = [b - a - 1 for a, b in pairwise(seqs)]
    head = varint(rows) + varint(len(shaped)) + varint(seqs[0] << 1 | any(gaps))
    if any(gaps):
        lanes.append(Lane([0, *gaps], aside=True))
    line = fit(times_ms)
    off = [time - line.at(row) for row, time in enumerate(times_ms)]
    head += bytes((any(off),)) + line.write()
    if any(off):
        lanes.append(Lane(off, aside=True))
    for (name, width), each in zip(names, shaped, strict=True):
        head += _head(name, width, each)
        if each.marks:
            lanes.append(Lane(each.marks, aside=True))
        lanes.append(Lane(each.cells, GRIDS.get(each.form.kind, "whole")))
    return Table(rows, head, lanes)


def write_name(name: str) -> bytes:
    """Write a column's name: a well-known one as its code from 64 on, any other as its length and text."""
    code = CODES.get(name)
    data = name.encode()
    if code is not None:
        return varint(code + OTHER)
    if not 0 < len(data) < OTHER:
        raise ValueError(f"a column named {name!r}; 1 to 63 bytes")
    return bytes((len(data),)) + data


def read_name(reader: Reader) -> str:
    """Undo `write_name`."""
    code = reader.varint(OTHER + len(NAMES) - 1)
    if code >= OTHER:
        return NAMES[code - OTHER]
    try:
        return reader.take(code).decode()
    except UnicodeDecodeError as error:
        raise WireError("bad-body", f"a column's name is no UTF-8 before byte {reader.at}") from error


def _head(name: str, width: int, shaped: Shaped) -> bytes:
    """Write a column's name, a byte (kind, 8: marked, 16: width 32, 32: strays), its form and its strays."""
    byte = shaped.form.kind | bool(shaped.marks) << 3 | (width == 32) << 4 | bool(shaped.strays) << 5
    strays = varint(len(shaped.strays)) + struct.pack(f"<{len(shaped.strays)}d", *shaped.strays)
    return write_name(name) + bytes((byte,)) + forms.write(shaped.form) + (strays if shaped.strays else b"")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a head says: which lanes follow, and what to make of them.

    Attributes:
        rows: how long each lane is.
        seq: the first one.
        gaps: whether a lane of gaps comes first.
        line: of the times.
        off: whether a lane of differences follows.
        columns: name, width, form, whether marks come before the cells, strays.
    """

    rows: int
    seq: int
    gaps: bool
    line: Rate
    off: bool
    columns: list[tuple[str, Literal[32, 64], Form, bool, list[float]]]

    def lanes(self) -> list[Lane]:
        """Return the lanes to be read, still empty."""
        lanes = [Lane([], aside=True)] * (self.gaps + self.off)
        for _, _, form, marked, _ in self.columns:
            if marked:
                lanes.append(Lane([], aside=True))
            lanes.append(Lane([], GRIDS.get(form.kind, "whole")))
        return lanes


def read(reader: Reader) -> Plan:
    """Read a head.

    Raises:
        WireError: it promises more than a message may hold, or contradicts itself.
    """
    rows = reader.varint(MOST_ROWS)
    count = reader.varint(MOST_COLUMNS)
    if rows == 0:
        raise WireError("bad-body", "a batch without rows")
    seq = reader.varint(MOST_SEQ << 1)
    off = reader.byte()
    if off > 1:
        raise WireError("bad-body", f"a switch says {off}")
    line = Rate.read(reader)
    return Plan(rows, seq >> 1, bool(seq & 1), line, bool(off), [_column(reader, rows) for _ in range(count)])


def _column(reader: Reader, rows: int) -> tuple[str, Literal[32, 64], Form, bool, list[float]]:
    name = read_name(reader)
    byte = reader.byte()
    form = forms.read(byte & 7, reader, rows)
    strays = [reader.double() for _ in range(reader.varint(rows))] if byte & 32 else []
    return name, 32 if byte & 16 else 64, form, bool(byte & 8), strays


def assemble(plan: Plan, lanes: Sequence[list[int]]) -> tuple[list[int], list[int], list[Column]]:
    """Put a batch together from its lanes, in the order of `Plan.lanes`."""
    queue = iter(lanes)
    seqs = list(range(plan.seq, plan.seq + plan.rows))
    if plan.gaps:
        seqs = _climb(plan.seq, next(queue))
    times = [plan.line.at(row) for row in range(plan.rows)]
    if plan.off:
        times = [a + b for a, b in zip(times, next(queue), strict=True)]
    columns = []
    for name, width, form, marked, strays in plan.columns:
        marks = next(queue) if marked else []
        if marks.count(Mark.STRAY) != len(strays):
            raise WireError("bad-body", f"{name}: strays and marks do not match")
        values = forms.restore(Shaped(form, next(queue), marks, strays))
        columns.append(Column(name=name, values=values, width=width))
    return seqs, times, columns


def _climb(first: int, gaps: Sequence[int]) -> list[int]:
    if min(gaps) < 0:
        raise WireError("bad-body", "seqs that do not ascend")
    seqs = []
    at = first - 1
    for gap in gaps:
        at += gap + 1
        seqs.append(at)
    return seqs
