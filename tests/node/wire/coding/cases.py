"""Batches for property tests: what sensors give, and what they should not give but do."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from node.wire.messages import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.messages import Value

Batch = tuple[list[int], list[int], list[Column]]

_DECIMALS: Final = st.builds(
    lambda cell, decimals: cell / 10**decimals, st.integers(-(10**7), 10**7), st.integers(0, 6)
)
_SINGLES: Final = st.floats(width=32)
_DOUBLES: Final = st.floats(allow_nan=True, allow_infinity=True)
_STEADY: Final = st.sampled_from([20.5, 20.6, 20.7])
_WHOLE: Final = st.integers(-(2**61), 2**61)
_SMALL: Final = st.integers(-5, 300)
_WORDS: Final = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
_NUDGED: Final = st.builds(
    lambda cell, up: math.nextafter(cell / 100, math.inf if up else -math.inf), st.integers(-9999, 9999), st.booleans()
)
_LATTICE: Final = st.builds(lambda cell: round(cell * 0.00019076972, 9), st.integers(-40000, 40000))
_GAPPY: Final = st.one_of(_STEADY, st.just(math.nan), st.just(-0.0), st.just(math.inf))


def windows(rows: int, length: int, seed: int) -> list[float]:
    """Return float32 of counts that every window scales by itself."""
    values = []
    for row in range(rows):
        window = row // length
        step, origin = 0.0217 + 0.0013 * ((window * 7 + seed) % 11), -0.4 + 0.031 * window
        count = (row * row * 7 + row * 13 + seed) % 57
        values.append(float(struct.unpack("<f", struct.pack("<f", origin + step * count))[0]))
    return values


@st.composite
def _column(draw: st.DrawFn, name: str, rows: int) -> Column:
    kinds = (_DECIMALS, _DOUBLES, _STEADY, _WHOLE, _SMALL, _WORDS, _NUDGED, _LATTICE, _GAPPY, _SINGLES)
    kind = draw(st.sampled_from(kinds))
    values: list[Value] = draw(st.lists(kind, min_size=rows, max_size=rows))
    return Column(name=name, values=values, width=32 if kind is _SINGLES and draw(st.booleans()) else 64)


@st.composite
def batches(draw: st.DrawFn, most_rows: int = 24) -> Batch:
    """Draw a batch: seqs with or without gaps, times on a line, beside it or anywhere, up to five columns."""
    rows = draw(st.integers(1, most_rows))
    gaps = draw(st.one_of(st.just([0] * rows), st.lists(st.integers(0, 1000), min_size=rows, max_size=rows)))
    first = draw(st.integers(0, 2**40))
    seqs = [first + i + sum(gaps[: i + 1]) for i in range(rows)]
    start = draw(st.integers(-(2**40), 2**45))
    rate_hz = draw(st.sampled_from([26.0, 360.0, 1.0, 1 / 60, 16000.0]))
    line = [start + int(i * 1000 / rate_hz) for i in range(rows)]
    jitter = draw(st.one_of(st.just([0] * rows), st.lists(st.integers(-2000, 2000), min_size=rows, max_size=rows)))
    names = draw(st.lists(st.sampled_from(["temperature", "x", "own_name", "co2", "z9"]), max_size=5, unique=True))
    columns = [draw(_column(name, rows)) for name in names]
    return seqs, [a + b for a, b in zip(line, jitter, strict=True)], columns


def same(left: Sequence[Value], right: Sequence[Value]) -> bool:
    """Tell whether two columns are the same to the last bit, any NaN being like any other."""
    return len(left) == len(right) and all(_alike(a, b) for a, b in zip(left, right, strict=True))


def _alike(left: Value, right: Value) -> bool:
    if isinstance(left, str) or isinstance(right, str) or left is None or right is None:
        return left == right
    if isinstance(left, int) and isinstance(right, int):
        return left == right
    if math.isnan(left) or math.isnan(right):
        return math.isnan(left) and math.isnan(right)
    return struct.pack("<d", left) == struct.pack("<d", right)
