"""The layout for one row: seven values in about thirty bytes, read in a few microseconds.

    seq varint, time_ms varint, columns varint
    a nibble a column, two to a byte, low first: what kind of number it is
    for each column its name, then its value

Kinds 0 to 7 are float64 with that many decimals, as zigzag varints; the rest stand in `Kind`.
"""

from __future__ import annotations

import math
import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from node.wire.coding.octets import Reader, text, unzigzag, varint, zigzag
from node.wire.coding.table import MOST_COLUMNS, MOST_SEQ, read_name, write_name
from node.wire.errors import WireError
from node.wire.messages import Column
from node.wire.quantities import NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.messages import Value

WHOLE: Final = 8
DOUBLE: Final = 9
MISSING: Final = 10
WORD: Final = 11
SINGLE: Final = 12
SINGLE_MISSING: Final = 13
MOST_TIME: Final = 1 << 53
_NARROW: Final = (SINGLE, SINGLE_MISSING)
_WELL_KNOWN: Final = {write_name(name): name for name in NAMES if len(write_name(name)) == 1}
"""Names that are a single byte, which are nearly all that are ever sent."""
POWERS: Final = tuple(10**decimals for decimals in range(8))


def pack(seqs: Sequence[int], times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
    """Pack one row; `batch.pack` has checked the shape."""
    nibbles = bytearray(len(columns) + 1 >> 1)
    values = b""
    for i, column in enumerate(columns):
        kind, packed = _value(column.values[0], column.width)
        nibbles[i >> 1] |= kind << (i & 1) * 4
        values += write_name(column.name) + packed
    return varint(seqs[0]) + varint(zigzag(times_ms[0])) + varint(len(columns)) + bytes(nibbles) + values


def unpack(reader: Reader) -> tuple[list[int], list[int], list[Column]]:
    """Undo `pack`."""
    seq = reader.varint(MOST_SEQ)
    time_ms = unzigzag(reader.varint(MOST_TIME << 1))
    count = reader.varint(MOST_COLUMNS)
    columns = []
    for kind in _kinds(reader.take(count + 1 >> 1), count):
        name = _WELL_KNOWN.get(reader.data[reader.at : reader.at + 1])
        if name is None:
            name = read_name(reader)
        else:
            reader.at += 1
        columns.append(Column(name, [_read(reader, kind)], 32 if kind in _NARROW else 64))
    return [seq], [time_ms], columns


@lru_cache(1024)
def _kinds(nibbles: bytes, count: int) -> tuple[int, ...]:
    """Return a kind a column; remembered, because the rows of a stream are alike."""
    return tuple(nibbles[i >> 1] >> (i & 1) * 4 & 15 for i in range(count))


def _value(value: Value, width: int) -> tuple[int, bytes]:
    if isinstance(value, str):
        return WORD, text(value)
    if isinstance(value, int) and abs(value) < 1 << 62:
        return WHOLE, varint(zigzag(value))
    if value is None:
        raise ValueError("a column holds numbers or words; write NaN for what is missing")
    number = float(value)
    if math.isnan(number):
        return (SINGLE_MISSING if width == 32 else MISSING), b""
    if width == 32:
        return SINGLE, struct.pack("<f", number)
    return _decimal(number) or (DOUBLE, struct.pack("<d", number))


def _decimal(number: float) -> tuple[int, bytes] | None:
    """Write as few decimals as give this very number, where that is shorter than its eight bytes."""
    if not abs(number) < 1e12 or (number == 0 and math.copysign(1, number) < 0):
        return None
    for decimals, power in enumerate(POWERS):
        cell = round(number * power)
        if cell / power == number:
            packed = varint(zigzag(cell))
            return (decimals, packed) if len(packed) < 8 else None
    return None


def _read(reader: Reader, kind: int) -> Value:
    if kind <= WHOLE:
        folded = reader.varint()
        cell = folded >> 1 ^ -(folded & 1)
        return cell if kind == WHOLE else cell / POWERS[kind]
    if kind == DOUBLE:
        return reader.double()
    if kind in (MISSING, SINGLE_MISSING):
        return math.nan
    if kind == WORD:
        return reader.text(1024)
    if kind == SINGLE:
        return float(struct.unpack("<f", reader.take(4))[0])
    raise WireError("bad-body", f"no kind of number {kind}")
