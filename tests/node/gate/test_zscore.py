"""Laws of the z-score: true statistics however large the offset, every spike found, none learnt whole."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.gate.zscore import Moments
from tests.node.gate.shown import gate, opened, sample

OFFSETS = st.sampled_from([0.0, 20.0, 101_325.0, -273.15, 1e9])
NOISE = st.lists(st.floats(-50, 50), min_size=2, max_size=80)


@settings(deadline=None, max_examples=100)
@given(NOISE, OFFSETS)
def test_moments_on_any_offset_equal_numpys(noise: list[float], offset: float) -> None:
    """Welford's mean and variance are those of the two-pass formula, at a billion too."""
    values = [offset + each for each in noise]
    moments = Moments()
    for value in values:
        moments.add(value)
    assert moments.mean == pytest.approx(np.mean(values), rel=1e-12, abs=1e-9)
    assert moments.variance == pytest.approx(np.var(values), rel=1e-5, abs=1e-9 + 1e-12 * abs(offset))


def test_naive_variance_on_a_large_offset_is_lost() -> None:
    """The formula that was not taken fails where ours holds: the law above can tell."""
    values = [1e9 + each for each in (0.0, 1.0, 2.0, 3.0)]
    naive = sum(each * each for each in values) / 4 - (sum(values) / 4) ** 2
    moments = Moments()
    for value in values:
        moments.add(value)
    assert moments.variance == pytest.approx(1.25, rel=1e-6)
    assert naive != pytest.approx(1.25, rel=0.1)


def test_moments_with_memory_forget_exponentially() -> None:
    """Once the memory is full, each value weighs 1/N and all before it are scaled down."""
    values = np.random.default_rng(1).normal(5, 2, 400)
    moments = Moments()
    for value in values:
        moments.add(float(value), 20)
    decay = 0.95 ** np.arange(380)[::-1]
    weights = np.concatenate([np.full(20, decay[0] * 0.95 / 20), decay / 20])
    mean = np.average(values, weights=weights)
    assert moments.mean == pytest.approx(mean)
    assert moments.variance == pytest.approx(np.average((values - mean) ** 2, weights=weights))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), OFFSETS, st.sampled_from([0, 100]))
def test_zscore_on_injected_spikes_finds_every_one(seed: int, offset: float, memory: int) -> None:
    """Spikes of 12 deviations, up or down, one after another or apart, all open; few others do."""
    rng = random.Random(seed)
    values = [offset + rng.gauss(0, 1) for _ in range(400)]
    spikes = {rng.randrange(60, 400) for _ in range(12)}
    for i in spikes:
        values[i] = offset + rng.choice([-12, 12])
    found = set(opened(gate("zscore", channel="t", threshold=4.0, memory_samples=memory), values))
    assert found >= spikes
    assert len(found - spikes) <= 4


@pytest.mark.parametrize(("direction", "found"), [("both", [50, 60]), ("up", [50]), ("down", [60])])
def test_zscore_in_one_direction_ignores_the_other(direction: str, found: list[int]) -> None:
    """A door that only matters when it opens."""
    values = [float(i % 2) for i in range(70)]
    values[50], values[60] = 30.0, -30.0
    assert opened(gate("zscore", channel="t", direction=direction, threshold=4.0), values) == found


def test_zscore_while_warming_up_stays_shut() -> None:
    """Statistics of a few samples are none."""
    assert opened(gate("zscore", channel="t", warmup=10), [0.0, 1.0] * 4 + [99.0, 99.0]) == []


def test_zscore_right_after_warming_up_judges_and_clamps() -> None:
    """The first sample after the warm-up is judged like any other, and if it is a spike it is not learnt whole."""
    values = [float(i % 2) for i in range(10)] + [1e6] + [float(i % 2) for i in range(9)] + [8.0]
    assert opened(gate("zscore", channel="t", warmup=10), values) == [10, 20]


def test_zscore_at_the_threshold_opens() -> None:
    """Reaching it counts."""
    assert opened(gate("zscore", channel="t", threshold=3.0, resolution=1.0), [5.0] * 40 + [8.0]) == [40]


def test_zscore_after_a_huge_spike_still_hears_a_small_one() -> None:
    """The spike counts as `clamp` deviations; taken in whole it would deafen the gate."""
    values = [float(i % 2) for i in range(100)]
    values[50], values[60] = 1e6, 8.0
    assert opened(gate("zscore", channel="t"), values) == [50, 60]


def test_zscore_at_a_new_level_falls_silent_in_time() -> None:
    """What goes on is no news: with a memory, a shift is accepted within it."""
    values = [float(i % 2) for i in range(100)] + [500.0 + i % 2 for i in range(300)]
    found = opened(gate("zscore", channel="t", memory_samples=60), values)
    assert found[0] == 100
    assert found[-1] < 200


def test_zscore_on_a_channel_that_never_moved_opens_at_the_first_change() -> None:
    """No deviation makes any change unusual, and it is learnt whole: the gate does not stay open for ever."""
    assert opened(gate("zscore", channel="t"), [5.0] * 40 + [6.0] + [5.0] * 40) == [40]


def test_zscore_with_a_resolution_stays_shut_at_the_last_digit() -> None:
    """A sensor's last digit is not news."""
    values = [5.0] * 40 + [5.01] + [5.0] * 10 + [6.0]
    assert opened(gate("zscore", channel="t", resolution=0.01), values) == [51]


def test_zscore_of_steps_opens_for_a_change_that_stays_within_the_usual_values() -> None:
    """A sawtooth that falls before its time is at a usual value, after an unusual step."""
    values = [float(i % 50) for i in range(1000)] + [0.0, 30.0]
    assert opened(gate("zscore", channel="t", of="step", memory_samples=300, threshold=3.0), values)[-1] == 1001
    assert 1001 not in opened(gate("zscore", channel="t", memory_samples=300, threshold=3.0), values)


def test_zscore_of_steps_takes_no_step_from_before_a_forgotten_memory() -> None:
    """The first sample has no step, also after a fresh start at another level."""
    rule = gate("zscore", channel="t", of="step", warmup=2)
    assert opened(rule, [0.0, 1.0, 0.0, 1.0]) == []
    rule.recall({})
    assert "first sample" in rule.judge(sample(5.0, t=1000.0)).reason
    assert rule.memory() == {"count": 0.0, "mean": 0.0, "variance": 0.0, "last": 1000.0}
