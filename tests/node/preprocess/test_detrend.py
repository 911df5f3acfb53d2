"""Laws of detrend: what is left has no mean, or no slope either."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.node.preprocess.made import applied, transform


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 60), st.floats(-1000, 1000), st.floats(-20, 20), st.integers(0, 1000))
def test_detrend_linear_on_noise_equals_polyfit(size: int, offset: float, slope: float, seed: int) -> None:
    """The line taken out is that of least squares, for each channel on its own."""
    noise = np.random.default_rng(seed).normal(size=(2, size, 3))
    data = (noise + offset + slope * np.arange(size)[:, np.newaxis]).astype(np.float32)
    done = applied(transform("detrend", kind="linear"), data)
    assert np.allclose(done.mean(axis=1), 0, atol=1e-3)
    if size > 2:
        time = np.arange(size)
        for window, channel in np.ndindex(2, 3):
            fit = np.polynomial.Polynomial.fit(time, data[window, :, channel].astype(np.float64), 1)
            assert np.allclose(done[window, :, channel], data[window, :, channel] - fit(time), atol=2e-3)


def test_detrend_constant_on_a_pressure_keeps_the_weather() -> None:
    """Noise of 2 Pa on 101,325 Pa comes out as it went in: the mean is taken in float64."""
    data = (101_325 + np.random.default_rng(1).normal(0, 2, (1, 4000, 1))).astype(np.float32)
    exact = data.astype(np.float64) - data.astype(np.float64).mean()
    assert np.abs(applied(transform("detrend"), data) - exact).max() < 1e-5


@pytest.mark.parametrize("kind", ["constant", "linear"])
def test_detrend_of_one_sample_is_zero(kind: str) -> None:
    """One sample is all trend."""
    assert applied(transform("detrend", kind=kind), [[[5.0]]]).tolist() == [[[0.0]]]
