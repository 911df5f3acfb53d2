"""Tensors: the way between real units and integers, and which windows fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.infer.tensor import Tensor, tensor


def made(
    dtype: type, scale: float = 0.0, zero_point: int = 0, shape: tuple[int, ...] = (1, 4), open_axis: int = 0
) -> Tensor:
    """Make a tensor as the runtime would describe it; `open_axis` -1 leaves none open."""
    signature = [-1 if axis == open_axis else length for axis, length in enumerate(shape)]
    details = {"index": 0, "name": "x", "shape": shape, "shape_signature": signature, "dtype": dtype}
    return tensor({**details, "quantization": (scale, zero_point)}, Path("m.tflite"))


@settings(deadline=None, max_examples=100)
@given(
    dtype=st.sampled_from([np.int8, np.uint8, np.int16]),
    scale=st.floats(1e-3, 10.0),
    share=st.floats(0, 1),
    numbers=st.lists(st.floats(-1e4, 1e4, width=32), min_size=1, max_size=20),
)
def test_tensor_there_and_back_is_within_half_a_step(
    dtype: type, scale: float, share: float, numbers: list[float]
) -> None:
    """What the type can hold comes back within half a step; what it cannot comes back as its nearest end."""
    limits = np.iinfo(dtype)
    zero_point = round(limits.min + share * (limits.max - limits.min))
    kind = made(dtype, scale, zero_point)
    real = np.array([numbers], np.float32)
    least, most = scale * (int(limits.min) - zero_point), scale * (int(limits.max) - zero_point)
    missed = np.abs(kind.real(kind.store(real)) - np.clip(real, least, most))
    assert missed.max() <= scale * 0.5 * (1 + 1e-2) + 1e-3 * scale


@settings(deadline=None, max_examples=50)
@given(dtype=st.sampled_from([np.int8, np.uint8, np.int16]), data=st.data())
def test_tensor_integers_there_and_back_are_the_same(dtype: type, data: st.DataObject) -> None:
    """Every integer of the type survives its way through real units."""
    limits = np.iinfo(dtype)
    stored: npt.NDArray[np.generic] = np.array(
        [data.draw(st.lists(st.integers(limits.min, limits.max), min_size=1))], dtype
    )
    kind = made(dtype, 0.0625, 5)
    assert kind.store(kind.real(stored)).tolist() == stored.tolist()


def test_tensor_store_leaves_the_features_alone() -> None:
    """Features were handed on; nobody writes to them."""
    real = np.array([[1.5, -2.5]], np.float32)
    made(np.int8, 0.5, 3).store(real)
    assert real.tolist() == [[1.5, -2.5]]


@pytest.mark.parametrize(
    ("shape", "given_shape", "expected"),
    [
        ((1, 8, 8, 1), (8, 8, 1), (8, 8, 1)),
        ((1, 8, 8, 1), (8, 8), (8, 8, 1)),
        ((1, 8, 8, 1), (64,), (8, 8, 1)),
        ((1, 640), (5, 128), (640,)),
        ((1, 49, 10, 1), (10, 49), None),
        ((1, 49, 10, 1), (49, 10, 1), (49, 10, 1)),
        ((1, 4), (5,), None),
        ((1, 1), (), (1,)),
    ],
)
def test_tensor_window_shape_fits_frames_never_orders(
    shape: tuple[int, ...], given_shape: tuple[int, ...], expected: tuple[int, ...] | None
) -> None:
    """Axes of 1 and flat windows fit; the same count in another order does not."""
    assert made(np.float32, shape=shape).window_shape(given_shape) == expected


def test_tensor_window_shape_of_an_open_axis_takes_any_length() -> None:
    """A model that leaves the time axis open is shown windows as they come."""
    assert made(np.float32, shape=(1, 1, 40), open_axis=1).window_shape((7, 40)) == (7, 40)
    assert made(np.float32, shape=(1, 1, 40), open_axis=1).window_shape((7, 41)) is None
