"""Laws of standardise: mean 0 and deviation 1, or exactly what the training saw."""

import numpy as np
import pytest

from tests.node.preprocess.made import applied, problems, transform

DATA = np.random.default_rng(2).normal([5, -300, 101_325], [1, 20, 3], (4, 50, 3)).astype(np.float32)


def test_standardise_over_time_gives_each_channel_mean_0_and_deviation_1() -> None:
    """Each window and channel by its own figures."""
    done = applied(transform("standardise"), DATA)
    assert np.allclose(done.mean(axis=1), 0, atol=1e-5)
    assert np.allclose(done.std(axis=1), 1, atol=1e-4)


def test_standardise_over_the_window_keeps_channels_apart_from_one_another() -> None:
    """One mean and one deviation for all of a window: what was larger stays larger."""
    done = applied(transform("standardise", over="window"), DATA)
    assert np.allclose(done.mean(axis=(1, 2)), 0, atol=1e-5)
    assert np.allclose(done.std(axis=(1, 2)), 1, atol=1e-4)
    assert (done[..., 2] > done[..., 0]).all()


def test_standardise_with_training_figures_applies_them_a_channel() -> None:
    """The window's own mean has no say."""
    done = applied(transform("standardise", mean=[5, 0, 101_325], scale=[2, 1, 3]), DATA)
    expected = (DATA.astype(np.float64) - [5, 0, 101_325]) / [2, 1, 3]
    assert np.allclose(done, expected, rtol=1e-6, atol=1e-6)


def test_standardise_with_one_figure_takes_it_for_all() -> None:
    """Pixels to 0..1 is mean 0 and scale 255."""
    done = applied(transform("standardise", mean=[0], scale=[255]), np.full((1, 4, 4, 3), 255))
    assert (done == 1).all()


def test_standardise_of_a_dead_channel_is_zero() -> None:
    """What never moves is nothing unusual; 0/0 it is not."""
    assert (applied(transform("standardise"), np.full((1, 10, 2), 7.7)) == 0).all()


def test_standardise_with_figures_for_other_channels_is_refused() -> None:
    """Two means for three channels is a mistake that broadcasting would hide or shout about."""
    with pytest.raises(ValueError, match="mean: 2 given for 3 channels"):
        applied(transform("standardise", mean=[1, 2], scale=[1, 1]), DATA)


def test_standardise_with_half_of_the_figures_is_refused() -> None:
    """A mean without a scale is a mistake in the file, and so is a scale of 0."""
    assert "both mean and scale" in problems("standardise", mean=[1.0])
    assert "scale[0]: 0.0 must be more than 0" in problems("standardise", mean=[1.0], scale=[0.0])
