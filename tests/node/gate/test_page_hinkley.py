"""Laws of Page-Hinkley: shifts and drifts of the mean, once each."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.gate.page_hinkley import Sums
from tests.node.gate.shown import gate, opened, sample


@settings(deadline=None, max_examples=100)
@given(st.lists(st.floats(-100, 100), min_size=1, max_size=80), st.floats(0, 5))
def test_sums_on_any_series_equal_the_papers(values: list[float], delta: float) -> None:
    """The running form equals m_t - min(m_1..m_t) for a rise, and its mirror image for a fall."""
    sums = Sums()
    means = np.cumsum(values) / np.arange(1, len(values) + 1)
    for value in values:
        sums.add(value, delta)
    for found, sign in ((sums.rise, 1), (sums.fall, -1)):
        added = np.concatenate([[0.0], np.cumsum(sign * (np.array(values) - means) - delta)])
        assert found == pytest.approx(added[-1] - added.min(), abs=1e-7)


def test_page_hinkley_on_one_step_opens_once_soon_after() -> None:
    """A step is one event; at the new level it starts anew."""
    rng = random.Random(3)
    values = [rng.gauss(20.0 if i < 300 else 23.0, 0.5) for i in range(900)]
    found = opened(gate("page_hinkley", channel="t", delta=0.5, threshold=10.0), values)
    assert len(found) == 1
    assert 300 <= found[0] < 310


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.sampled_from([-1, 1]))
def test_page_hinkley_on_a_drift_that_a_zscore_swallows_opens(seed: int, sign: int) -> None:
    """Each step is a tenth of the noise; together they are news."""
    rng = random.Random(seed)
    values = [rng.gauss(0, 0.5) + sign * max(0, i - 100) * 0.02 for i in range(400)]
    assert opened(gate("page_hinkley", channel="t", delta=0.5, threshold=15.0), values)


def test_page_hinkley_on_a_lone_spike_stays_shut() -> None:
    """A spike below the threshold is none of its business."""
    values = [float(i % 2) for i in range(200)]
    values[100] = 9.0
    assert opened(gate("page_hinkley", channel="t", delta=0.6, threshold=15.0), values) == []


@pytest.mark.parametrize(("direction", "opens"), [("both", True), ("up", False), ("down", True)])
def test_page_hinkley_in_one_direction_ignores_the_other(direction: str, *, opens: bool) -> None:
    """A fall is news to those who watch for falls."""
    rule = gate("page_hinkley", channel="t", delta=0.1, threshold=5.0, direction=direction)
    assert bool(opened(rule, [1.0] * 100 + [0.0] * 50)) is opens


def test_page_hinkley_at_the_threshold_opens() -> None:
    """After 0 and 2 the mean is 1, and the sum has reached 1: that counts."""
    assert opened(gate("page_hinkley", channel="t", delta=0.0, threshold=1.0, warmup=1), [0.0, 2.0]) == [1]


@pytest.mark.parametrize(("step", "word"), [(2.0, "rose"), (-2.0, "fell")])
def test_page_hinkley_says_which_way_the_mean_went(step: float, word: str) -> None:
    """The reason is what a person reads first."""
    rule = gate("page_hinkley", channel="t", delta=0.0, threshold=1.0, warmup=1)
    reasons = [rule.judge(sample(t=value)).reason for value in (0.0, step)]
    assert reasons[-1] == f"the mean {word}: 1 >= 1 added up"


def test_page_hinkley_while_learning_stays_shut() -> None:
    """A mean of a few samples is none."""
    assert opened(gate("page_hinkley", channel="t", delta=0.1, threshold=5.0, warmup=50), [0.0] * 20 + [9.0] * 30) == []
