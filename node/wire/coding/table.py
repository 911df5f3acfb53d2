"""A batch as lanes of whole numbers, under a head that says what they mean.

    rows, columns                    varints
    the first seq; a lane of gaps follows if they do not simply count up
    the times' line, and how they differ from it (see `rate`)
    for each column: its name, its kind unless all are of one, its form (see `forms`), its strays

How the lanes become bits is the layouts' affair.
"""

from __future__ import annotations

import re
import struct
from array import array
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from node.wire.coding import forms
from node.wire.coding.forms import Form, Kind, Mark, Shaped
from node.wire.coding.octets import Reader, varint
from node.wire.coding.rate import MOST_UNIT, STEPS, Rate, differences, fit, follow
from node.wire.errors import WireError
from node.wire.messages import Column
from node.wire.quantities import CODES, NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_ROWS: Final = 4096
MOST_COLUMNS: Final = 64
MOST_SEQ: Final = 1 << 62

GAPS: Final = 4
ALIKE: Final = 8
DECIMALS: Final = 8
OTHER: Final = 64
"""Below it a name's first byte is its length, from it on a code."""
_NAME: Final = re.compile(r"[a-z0-9_]{1,32}")
"""A column's name becomes a level of a topic and a key of JSON at its reader: no separators, no wildcards, no NUL."""
_MOST_NAME: Final = OTHER + len(NAMES) - 1

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
    """A batch between values and bits.

    Attributes:
        rows: how long each lane is.
        flags: 1 or 2: how times differ from their line; 4: seqs have gaps; 8: the columns are
            of one kind, told once before them. They stand beside the layout.
        head: what the lanes mean.
        lanes: the numbers.
    """

    rows: int
    flags: int
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
    head = varint(rows) + varint(len(shaped)) + varint(seqs[0])
    if any(gaps):
        lanes.append(Lane([0, *gaps], aside=True))
    line = fit(times_ms)
    kind, unit, cells = differences(line, times_ms)
    head += line.write() + (varint(unit) if kind else b"")
    if kind:
        lanes.append(Lane(cells, aside=True))
    kinds = [_kind(width, each) for (_, width), each in zip(names, shaped, strict=True)]
    alike = len(kinds) > 1 and len(set(kinds)) == 1
    head += bytes(kinds[:1]) if alike else b""
    for (name, _), byte, each in zip(names, kinds, shaped, strict=True):
        head += write_name(name) + (b"" if alike else bytes((byte,))) + _details(each)
        if each.marks:
            lanes.append(Lane(each.marks, aside=True))
        lanes.append(Lane(each.cells, GRIDS.get(each.form.kind, "whole")))
    return Table(rows, kind | GAPS * any(gaps) | ALIKE * alike, head, lanes)


def write_name(name: str) -> bytes:
    """Write a column's name: a well-known one as its code from 64 on, any other as its length and text."""
    code = CODES.get(name)
    if code is not None:
        return varint(code + OTHER)
    if not _NAME.fullmatch(name):
        raise ValueError(f"a column named {name[:40]!r}; [a-z0-9_]{{1,32}}")
    return bytes((len(name),)) + name.encode()


def read_name(reader: Reader) -> str:
    """Undo `write_name`."""
    code = reader.varint(_MOST_NAME)
    if code >= OTHER:
        return NAMES[code - OTHER]
    name = reader.take(code).decode("latin-1")
    if not _NAME.fullmatch(name):
        raise WireError("bad-body", f"a column named {name[:40]!r}; [a-z0-9_]{{1,32}}")
    return name


def _kind(width: int, shaped: Shaped) -> int:
    """Return a column's byte: five bits for the kind (from 8 on: decimals), 32: of width 32, 64: decimals of a float32.

    128: marked; then a count of strays follows the form's details.
    """
    form = shaped.form
    decimal = form.kind in (Kind.DECIMAL, Kind.SINGLE)
    code = DECIMALS + form.decimals if decimal else form.kind
    return code | (width == 32) << 5 | (form.kind == Kind.SINGLE) << 6 | bool(shaped.marks) << 7


def _details(shaped: Shaped) -> bytes:
    """Write a column's form, and its strays."""
    strays = varint(len(shaped.strays)) + struct.pack(f"<{len(shaped.strays)}d", *shaped.strays)
    return forms.write(shaped.form) + (strays if shaped.marks else b"")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a head says: which lanes follow, and what to make of them.

    Attributes:
        rows: how long each lane is.
        seq: the first one.
        gaps: whether a lane of gaps comes first.
        line: of the times.
        off: 0, or which kind of differences from the line follow in a lane.
        unit: of the differences, in milliseconds.
        columns: name, width, form, whether marks come before the cells, strays.
    """

    rows: int
    seq: int
    gaps: bool
    line: Rate
    off: int
    unit: int
    columns: list[tuple[str, Literal[32, 64], Form, bool, list[float]]]

    def lanes(self) -> list[Lane]:
        """Return the lanes to be read, still empty."""
        lanes = [Lane([], aside=True)] * (self.gaps + bool(self.off))
        for _, _, form, marked, _ in self.columns:
            if marked:
                lanes.append(Lane([], aside=True))
            lanes.append(Lane([], GRIDS.get(form.kind, "whole")))
        return lanes


def read(reader: Reader, flags: int) -> Plan:
    """Read a head; `flags` are those of `Table`.

    Raises:
        WireError: it promises more than a message may hold, or contradicts itself.
    """
    rows = reader.varint(MOST_ROWS)
    count = reader.varint(MOST_COLUMNS)
    if rows == 0:
        raise WireError("bad-body", "a batch without rows")
    seq = reader.varint(MOST_SEQ)
    off = flags & 3
    if off > STEPS or flags >= 2 * ALIKE:
        raise WireError("bad-body", f"no flags {flags}")
    line = Rate.read(reader)
    unit = reader.varint(MOST_UNIT) if off else 1
    kind = reader.byte() if flags & ALIKE else None
    columns = [_column(reader, rows, kind) for _ in range(count)]
    return Plan(rows, seq, bool(flags & GAPS), line, off, unit, columns)


def _column(reader: Reader, rows: int, kind: int | None) -> tuple[str, Literal[32, 64], Form, bool, list[float]]:
    name = read_name(reader)
    byte = reader.byte() if kind is None else kind
    code = byte & 31
    if code < DECIMALS:
        form = forms.read(code, reader, rows)
    elif code <= DECIMALS + forms.MOST_DECIMALS:
        form = Form(Kind.SINGLE if byte & 64 else Kind.DECIMAL, code - DECIMALS)
    else:
        raise WireError("bad-body", f"{name}: no form {code}")
    strays = [reader.double() for _ in range(reader.varint(rows))] if byte & 128 else []
    return name, 32 if byte & 32 else 64, form, bool(byte & 128), strays


def assemble(plan: Plan, lanes: Sequence[list[int]]) -> tuple[list[int], list[int], list[Column]]:
    """Put a batch together from its lanes, in the order of `Plan.lanes`."""
    queue = iter(lanes)
    seqs = list(range(plan.seq, plan.seq + plan.rows))
    if plan.gaps:
        seqs = _climb(plan.seq, next(queue))
    times = follow(plan.line, plan.off, [plan.unit * cell for cell in next(queue)] if plan.off else [0] * plan.rows)
    columns = []
    for name, width, form, marked, strays in plan.columns:
        marks = next(queue) if marked else []
        if marks.count(Mark.STRAY) != len(strays):
            raise WireError("bad-body", f"{name}: strays and marks do not match")
        values = forms.restore(Shaped(form, next(queue), marks, strays))
        if width == 32 and not _are_single(values):
            raise WireError("bad-body", f"{name}: told to be float32, and is not")
        columns.append(Column(name=name, values=values, width=width))
    return seqs, times, columns


def _are_single(values: Sequence[object]) -> bool:
    """Whether every float of a column is a float32: as one it will be packed again."""
    numbers = [each for each in values if isinstance(each, float)]
    return all(a == b or b != b for a, b in zip(array("f", numbers), numbers, strict=True))  # noqa: PLR0124 - NaN


def _climb(first: int, gaps: Sequence[int]) -> list[int]:
    if min(gaps) < 0:
        raise WireError("bad-body", "seqs that do not ascend")
    seqs = []
    at = first - 1
    for gap in gaps:
        at += gap + 1
        seqs.append(at)
    if at > MOST_SEQ:
        raise WireError("bad-body", "seqs beyond 62 bits")
    return seqs
