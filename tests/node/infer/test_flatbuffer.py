"""Flatbuffers: whole models pass, cut ones do not, and nothing makes the walk stumble."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.infer.flatbuffer import is_whole
from tests.node.infer.forge import REAL, ZOO

if TYPE_CHECKING:
    from pathlib import Path

MODELS = sorted(ZOO.glob("*.tflite"))
DIGITS = (ZOO / "digits_int8.tflite").read_bytes()


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_is_whole_of_a_model_holds_until_it_is_cut(path: Path) -> None:
    """A shipped model is whole; without its last tenth, half or thousandth it is not."""
    data = path.read_bytes()
    assert is_whole(data)
    assert not any(is_whole(data[: len(data) * i // 1000]) for i in range(1000))


@pytest.mark.skipif(not REAL.exists(), reason=f"{REAL} is absent: the collection of real models")
def test_is_whole_of_every_real_model_holds() -> None:
    """Old converters and other makers lay their files out in other orders."""
    found = [path for path in REAL.rglob("*.tflite") if not is_whole(path.read_bytes())]
    assert not found


@settings(deadline=None, max_examples=300)
@given(data=st.binary(max_size=400))
def test_is_whole_of_any_bytes_stays_with_more_behind_them(data: bytes) -> None:
    """Noise is judged, never an exception; and what lies inside a file lies inside a longer one."""
    assert is_whole(data + bytes(64)) >= is_whole(data)


@settings(deadline=None, max_examples=200)
@given(changes=st.lists(st.tuples(st.integers(0, len(DIGITS) - 1), st.integers(0, 255)), min_size=1, max_size=30))
def test_is_whole_of_a_damaged_model_stays_with_more_behind_it(changes: list[tuple[int, int]]) -> None:
    """A model with bytes changed anywhere is judged by the same law, in bounded time."""
    damaged = bytearray(DIGITS)
    for at, byte in changes:
        damaged[at] = byte
    assert is_whole(bytes(damaged) + bytes(64)) >= is_whole(bytes(damaged))


def test_is_whole_of_tables_that_go_in_circles_is_false() -> None:
    """A vector that leads a million times to one table is not followed a million million times."""
    # vtable (7 entries) at 8; table at 24 whose field 2, the graphs, is a vector of 4,000 offsets to the table itself.
    vtable = bytes([14, 0, 8, 0, 0, 0, 4, 0, 4, 0, 0, 0, 0, 0, 0, 0])
    table = (16).to_bytes(4, "little") + (4).to_bytes(4, "little")
    entries = b"".join((24 - (36 + 4 * i) & 0xFFFFFFFF).to_bytes(4, "little") for i in range(4000))
    data = (24).to_bytes(4, "little") + b"TFL3" + vtable + table + (4000).to_bytes(4, "little") + entries
    assert not is_whole(data)
