"""Floats by the order of their bits: neighbours are one apart, and 0.0 is 0 (-0.0 too: it is marked elsewhere)."""

from __future__ import annotations

import math
import struct


def order32(value: float) -> int:
    """Return a float32's place among all float32, 0.0 being 0."""
    bits: int = struct.unpack("<i", struct.pack("<f", value))[0]
    return bits if bits >= 0 else -(bits & 0x7FFFFFFF)


def float32_at(order: int) -> float:
    """Undo `order32`."""
    return float(struct.unpack("<f", struct.pack("<I", order if order >= 0 else -order | 0x80000000))[0])


def order64(value: float) -> int:
    """Return a float64's place among all float64, 0.0 being 0."""
    bits: int = struct.unpack("<q", struct.pack("<d", value))[0]
    return bits if bits >= 0 else -(bits & 0x7FFFFFFFFFFFFFFF)


def float64_at(order: int) -> float:
    """Undo `order64`."""
    return float(struct.unpack("<d", struct.pack("<Q", order if order >= 0 else -order | 1 << 63))[0])


def single(value: float) -> float:
    """Round to float32."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)
