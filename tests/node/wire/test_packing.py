"""A window's items come back as they were, in whatever order they were packed."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.wire.errors import WireError
from node.wire.messages import Raw
from node.wire.packing import COLUMNS, pack, transposed, unpack


@settings(deadline=None, max_examples=100)
@given(rows=st.integers(1, 40), width=st.integers(1, 40), seed=st.integers(0, 1 << 20), levels=st.integers(1, 256))
def test_pack_of_any_matrix_comes_back(rows: int, width: int, seed: int, levels: int) -> None:
    """Whatever repeats in it and whatever does not; and never longer than it was."""
    items = np.random.default_rng(seed).integers(0, levels, rows * width, np.uint8).tobytes()
    coding, data = pack(items, width)
    assert unpack(coding, data, len(items), width) == items
    assert len(data) <= len(items)


@given(rows=st.integers(0, 9), width=st.integers(1, 9))
def test_transposed_is_what_numpy_says_and_its_own_way_back(rows: int, width: int) -> None:
    """Both ways of doing it, the wide and the tall, are the same matrix turned."""
    matrix = np.arange(rows * width, dtype=np.uint8).reshape(rows, width)
    turned = transposed(matrix.tobytes(), width)
    assert turned == matrix.T.tobytes()
    assert transposed(turned, rows or 1) == matrix.tobytes()


def test_pack_of_channels_that_differ_is_shorter_by_columns() -> None:
    """Six channels of float32, each steady about a level of its own: interleaved they hide it from any library."""
    levels = np.array([1.0, -20.0, 300.0, -4e3, 5e4, -6e5], np.float32)
    noise = np.random.default_rng(3).normal(0.0, 0.01, (500, 6)).astype(np.float32)
    items = (levels * (1.0 + noise)).astype("<f4").tobytes()
    coding, data = pack(items, 24)
    assert coding > COLUMNS
    assert len(data) < 0.9 * len(zlib.compress(items, 9))


def test_unpacked_by_columns_is_as_the_schema_says() -> None:
    """Written by hand: three rows of two little-endian int16, the four byte columns one after another."""
    data = bytes([1, 3, 5]) + bytes([0, 0, 0]) + bytes([2, 4, 6]) + bytes([0, 1, 0])
    raw = Raw(boot_id=b"boot-1", seq=0, time_ms=0, stream="s", shape=(3, 2), dtype="i2", coding=COLUMNS, data=data)
    assert np.frombuffer(raw.unpacked(), "<i2").reshape(3, 2).tolist() == [[1, 2], [3, 260], [5, 6]]
    flat = Raw(boot_id=b"boot-1", seq=0, time_ms=0, stream="s", shape=(3,), dtype="i2", coding=COLUMNS, data=data[:6])
    assert np.frombuffer(flat.unpacked(), "<i2").tolist() == [1, 3, 5]


@pytest.mark.parametrize(("coding", "reason"), [(COLUMNS + 3, "unknown-word"), (8, "unknown-word"), (5, "bad-length")])
def test_unpacked_of_what_was_never_packed_is_refused(coding: int, reason: str) -> None:
    """Unknown codings, and bytes that are too few."""
    data = zlib.compress(bytes(11))
    raw = Raw(boot_id=b"boot-1", seq=0, time_ms=0, stream="s", shape=(3, 2), dtype="i2", coding=coding, data=data)
    with pytest.raises(WireError) as refusal:
        raw.unpacked()
    assert refusal.value.reason == reason


def test_unpack_of_sixteen_megabytes_is_bounded_whatever_their_shape() -> None:
    """Zeros that claim to be one row, one column, or a square: a step a byte would be for the reader to pay."""
    size = 1 << 24
    data = zlib.compress(bytes(size))
    for row_bytes in (1, 1 << 12, size):
        assert unpack(COLUMNS + 1, data, size, row_bytes) == bytes(size)
