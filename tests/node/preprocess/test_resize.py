"""Laws of resize: pictures keep their brightness, their place and their shape."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.preprocess.resize import Method, weights
from tests.node.preprocess.made import applied, transform

METHODS = st.sampled_from(["area", "bilinear", "nearest"])


@settings(deadline=None, max_examples=80)
@given(st.integers(1, 40), st.integers(1, 40), METHODS)
def test_weights_of_any_sizes_are_shares(old: int, new: int, method: Method) -> None:
    """Each new pixel is a mean of old ones, from left to right the same as from right to left."""
    shares = weights(old, new, method)
    assert shares.shape == (new, old)
    assert (shares >= 0).all()
    assert np.allclose(shares.sum(axis=1), 1, atol=1e-5)
    if method != "nearest":  # which must choose a side where two are equally near
        assert np.allclose(shares, shares[::-1, ::-1], atol=1e-5)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 12), st.integers(1, 12), METHODS)
def test_resize_to_the_same_size_changes_nothing(height: int, width: int, method: str) -> None:
    """The identity is in each method."""
    data = np.random.default_rng(5).normal(size=(2, height, width, 3)).astype(np.float32)
    assert np.allclose(applied(transform("resize", height=height, width=width, method=method), data), data, atol=1e-5)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 30), st.integers(1, 30))
def test_resize_by_area_keeps_the_mean(height: int, width: int, high: int, wide: int) -> None:
    """All light that fell on the old picture falls on the new one."""
    data = np.random.default_rng(6).uniform(0, 255, (1, height, width, 1)).astype(np.float32)
    done = applied(transform("resize", height=high, width=wide), data)
    assert done.mean() == pytest.approx(data.mean(), rel=1e-4)


def test_resize_by_area_to_a_half_is_the_mean_of_four() -> None:
    """A box of old pixels makes one new."""
    data = np.random.default_rng(7).uniform(0, 255, (2, 8, 6, 3)).astype(np.float32)
    boxes = data.reshape(2, 4, 2, 3, 2, 3).mean(axis=(2, 4))
    assert np.allclose(applied(transform("resize", height=4, width=3), data), boxes, atol=1e-3)


def test_resize_bilinear_to_the_double_lies_between() -> None:
    """Pixel centres are at a half: 0 and 4 become 0, 1, 3, 4, as OpenCV and TensorFlow 2 make them."""
    done = applied(transform("resize", height=1, width=4, method="bilinear"), [[[0.0, 4.0]]])
    assert done.tolist() == [[[0, 1, 3, 4]]]


def test_resize_by_nearest_makes_no_new_values() -> None:
    """A mask stays a mask."""
    data = np.random.default_rng(8).integers(0, 5, (1, 9, 7)).astype(np.float32)
    done = applied(transform("resize", height=20, width=3, method="nearest"), data)
    assert set(np.unique(done)) <= set(np.unique(data))
    assert applied(transform("resize", height=1, width=4, method="nearest"), [[[1.0, 2.0]]]).tolist() == [
        [[1, 1, 2, 2]]
    ]
