"""JSON and SenML-CBOR, written as well as their users write them."""

from __future__ import annotations

import json
import struct
import zlib
from decimal import Decimal
from typing import TYPE_CHECKING

import cbor2
import zstandard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.messages import Column, Value


def json_rows(times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
    """Write compact JSON: an array of objects, one a row, each number in its fewest digits."""
    values = [[_decimal(value, each.width) for value in each.values] for each in columns]
    names = [json.dumps(each.name) for each in columns]
    rows = (
        f'{{"ts":{time},' + ",".join(f"{name}:{text}" for name, text in zip(names, row, strict=True)) + "}"
        for time, row in zip(times_ms, zip(*values, strict=True), strict=True)
    )
    return ("[" + ",".join(rows) + "]").encode()


def json_zlib(times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
    """Deflate that JSON at the highest level."""
    return zlib.compress(json_rows(times_ms, columns), 9)


def senml(times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
    """Write SenML-CBOR (RFC 8428 §6): base time and base name, relative times, integer labels, shortest numbers."""
    alone = len(columns) == 1
    records: list[bytes] = []
    for i, time in enumerate(times_ms):
        for each in columns:
            record: list[bytes] = []
            if not records:
                base = columns[0].name if alone else "node/"
                record += [_pair(-2, cbor2.dumps(base)), _pair(-3, _shortest(times_ms[0] / 1000, 64))]
            if not alone:
                record.append(_pair(0, cbor2.dumps(each.name)))
            if time != times_ms[0]:
                record.append(_pair(6, _shortest((time - times_ms[0]) / 1000, 64)))
            record.append(_pair(2, _shortest(each.values[i], each.width)))
            records.append(bytes([0xA0 + len(record)]) + b"".join(record))
    head = cbor2.dumps([None] * len(records))[: -len(records)]
    return head + b"".join(records)


def senml_zstd(times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
    """Compress that SenML at zstd's level 19."""
    return zstandard.ZstdCompressor(level=19, write_content_size=True).compress(senml(times_ms, columns))


def _decimal(value: Value, width: int) -> str:
    """Print a number in the fewest digits that give the same float of its width."""
    if isinstance(value, float) and width == 32:
        for digits in range(6, 10):
            text = f"{value:.{digits}g}"
            if struct.pack("<f", float(text)) == struct.pack("<f", value):
                return json.dumps(float(text))
    return json.dumps(value)


def _pair(key: int, value: bytes) -> bytes:
    return cbor2.dumps(key) + value


def _shortest(value: Value, width: int) -> bytes:
    """Write a number as whole, shortest exact float, or decimal fraction (tag 4), whichever is least."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, float):
        return cbor2.dumps(value)
    plain = cbor2.dumps(value, canonical=True)
    return plain if width == 32 else min(plain, cbor2.dumps(Decimal(repr(value))), key=len)
