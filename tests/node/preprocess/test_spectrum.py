"""Laws of the spectrum: it reads in the signal's unit, and no power is lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.node.preprocess.made import applied, sines, transform


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 100), st.integers(0, 1000))
def test_spectrum_power_untapered_adds_up_to_the_mean_square(size: int, seed: int) -> None:
    """Parseval, for even and odd sizes, with the mean in bin 0."""
    data = np.random.default_rng(seed).normal(3, 2, (2, size, 2)).astype(np.float32)
    power = applied(transform("spectrum", taper="rectangular", output="power"), data)
    assert np.allclose(power.sum(axis=1), (data.astype(np.float64) ** 2).mean(axis=1), rtol=1e-5)


@pytest.mark.parametrize("taper", ["rectangular", "hann", "hamming", "blackman"])
@pytest.mark.parametrize("size", [256, 255])
def test_spectrum_of_a_sine_reads_its_amplitude(taper: str, size: int) -> None:
    """A sine of 2.5 in the middle of a bin reads 2.5, its mean square as power, and that in decibels."""
    signal = sines(20, size=size, amplitude=2.5)[np.newaxis]
    read = {
        output: applied(transform("spectrum", taper=taper, output=output), signal)[0, 20]
        for output in ("amplitude", "power", "db")
    }
    assert read == pytest.approx({"amplitude": 2.5, "power": 3.125, "db": 10 * np.log10(3.125)}, rel=1e-4)


def test_spectrum_of_a_level_reads_it_in_bin_0() -> None:
    """The mean has no mirror image and is not doubled; nor is the last bin of an even size."""
    flat = applied(transform("spectrum", taper="rectangular"), np.full((1, 8), -4.0))
    turning = applied(transform("spectrum", taper="rectangular"), [[3.0, -3.0] * 4])
    assert np.allclose(flat, [[4, 0, 0, 0, 0]], atol=1e-6)
    assert np.allclose(turning, [[0, 0, 0, 0, 3]], atol=1e-6)


def test_spectrum_under_hann_keeps_two_tones_apart_that_a_rectangle_smears() -> None:
    """That is what a taper is for: off the bins, a loud tone does not bury a quiet one."""
    signal = sines(20.5, size=256) + sines(60, size=256, amplitude=1e-3)
    by_taper = {
        taper: applied(transform("spectrum", taper=taper), signal[np.newaxis])[0] for taper in ("hann", "rectangular")
    }
    assert by_taper["hann"][50:70].argmax() == 10
    assert by_taper["rectangular"][50:70].argmax() != 10


def test_spectrum_in_db_of_silence_is_the_floor() -> None:
    """Silence is a number one can train on, not minus infinity."""
    assert (applied(transform("spectrum", output="db", floor_db=-90.0), np.zeros((1, 64))) == -90).all()
