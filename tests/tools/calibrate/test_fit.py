"""The temperature, found on data whose true one is known."""

from __future__ import annotations

import numpy as np
import pytest

from node.infer.heads.classes import softmax
from tools.calibrate import fit


def overconfident(count: int, by: float, seed: int = 3) -> tuple[fit.Logits, fit.Truths]:
    """Make logits whose classes are drawn from their own softmax, then make them surer by a factor."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(0.0, 2.0, (count, 5)).astype(np.float32)
    drawn = np.array([rng.choice(5, p=row / row.sum()) for row in softmax(honest).astype(np.float64)])
    return honest * np.float32(by), drawn


@pytest.mark.parametrize("by", [0.4, 1.0, 3.0])
def test_temperature_of_logits_made_surer_by_a_factor_is_that_factor(by: float) -> None:
    """What was multiplied in is found again, and the calibration error falls to what chance leaves."""
    logits, truths = overconfident(6000, by)
    found = fit.temperature(logits, truths)
    assert found == pytest.approx(by, rel=0.06)
    assert fit.quality(logits, truths, found).ece < 0.02
    assert fit.quality(logits, truths, found).nll <= fit.quality(logits, truths).nll


def test_temperature_moves_no_label() -> None:
    """Accuracy is what it was."""
    logits, truths = overconfident(500, 3.0)
    assert fit.quality(logits, truths, 3.0).accuracy == fit.quality(logits, truths).accuracy


def test_calibration_error_of_a_boaster_is_what_it_boasts() -> None:
    """Always sure and right half of the time is off by a half."""
    right = np.array([True, False] * 50)
    assert fit.calibration_error(np.ones(100, np.float32), right) == pytest.approx(0.5)


def test_halves_share_each_class_and_no_window() -> None:
    """Every window is in one half, and each class is split evenly."""
    truths = np.repeat(np.arange(4), 10)
    by, judged = fit.halves(truths, seed=1)
    assert sorted([*by, *judged]) == list(range(40))
    assert np.bincount(truths[by]).tolist() == [5, 5, 5, 5]


def test_thresholds_leave_the_share_that_was_asked_for() -> None:
    """A tenth of a hundred windows lies below the threshold of a tenth."""
    confidence = np.linspace(0.0, 0.99, 100, dtype=np.float32)
    ((share, threshold, accuracy),) = fit.thresholds(confidence, confidence >= 0.095, [0.1])
    assert (confidence < threshold).sum() == 10
    assert (share, accuracy) == (0.1, 1.0)
