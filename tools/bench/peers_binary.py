"""Sparkplug B, packed float32 and pcodec, written as well as their users write them."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import zstandard
from pcodec import ChunkConfig, standalone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.messages import Column, Value


def sparkplug(times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
    """Write an NDATA (Sparkplug 3.0 §6.4): a metric a reading with alias and timestamp; names stay in the birth."""
    payload = _field(1, times_ms[-1])
    for i, time in enumerate(times_ms):
        for alias, each in enumerate(columns):
            metric = _field(2, alias) + _field(3, time) + _metric_value(each.values[i], each.width)
            payload += b"\x12" + _varint(len(metric)) + metric
    return payload + _field(3, 0)


def sparkplug_deflate(times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
    """Deflate that NDATA."""
    return _deflate(sparkplug(times_ms, columns))


def float32(times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
    """Pack column by column as float32, whatever that loses, after a base time and the fewest bytes a time step."""
    steps = np.diff(np.asarray(times_ms, np.int64))
    width = next(each for each in (np.uint8, np.uint16, np.uint32, np.int64) if (steps == steps.astype(each)).all())
    packed = struct.pack("<Q", times_ms[0]) + steps.astype(width).tobytes()
    return packed + b"".join(np.asarray(each.values, np.float32).tobytes() for each in columns)


def float32_zstd(times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
    """Compress those at zstd's level 19."""
    return zstandard.ZstdCompressor(level=19).compress(float32(times_ms, columns))


def pcodec(times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
    """Compress times and each column by themselves with pcodec, in the type that comes out smallest."""
    return _pco(np.asarray(times_ms, np.int64)) + b"".join(
        min((_pco(array) for array in _arrays(each)), key=len) for each in columns
    )


def _arrays(column: Column) -> list[np.ndarray]:
    """Give every type that holds the column exactly."""
    if column.width == 32:
        return [np.asarray(column.values, np.float32)]
    values = np.asarray(column.values, np.float64)
    types = (np.int16, np.uint16, np.int32, np.int64)
    with np.errstate(invalid="ignore"):
        return [values] + [values.astype(each) for each in types if (values.astype(each) == values).all()]


def _pco(array: np.ndarray) -> bytes:
    return bytes(standalone.simple_compress(np.ascontiguousarray(array), ChunkConfig(compression_level=12)))


def _metric_value(value: Value, width: int) -> bytes:
    if isinstance(value, float):
        return b"\x65" + struct.pack("<f", value) if width == 32 else b"\x69" + struct.pack("<d", value)
    assert isinstance(value, int)
    if -(2**31) <= value < 2**31:
        return _field(10, value & 0xFFFFFFFF)
    return _field(11, value & 0xFFFFFFFFFFFFFFFF)


def _field(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()
