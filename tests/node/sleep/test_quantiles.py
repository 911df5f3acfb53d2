"""Quantiles in a bounded table."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.sleep.quantiles import MOST_BUCKETS, Quantiles


def of(seconds: list[float]) -> Quantiles:
    """Count durations."""
    quantiles = Quantiles()
    for each in seconds:
        quantiles.add(each)
    return quantiles


@settings(deadline=None, max_examples=100)
@given(st.lists(st.floats(1e-5, 500.0), min_size=1, max_size=200), st.sampled_from([0.5, 0.95, 1.0]))
def test_quantile_of_any_durations_is_within_two_percent_of_the_true_one(seconds: list[float], share: float) -> None:
    """By the nearest rank, whatever their distribution."""
    true_s = sorted(seconds)[max(math.ceil(share * len(seconds)), 1) - 1]
    assert of(seconds).at(share) == pytest.approx(true_s, rel=0.0201)


def test_quantile_of_nothing_is_zero() -> None:
    """There is no duration to name."""
    assert Quantiles().at(0.5) == 0.0


def test_quantiles_of_all_durations_there_are_stay_bounded() -> None:
    """From below a microsecond to hours: the table does not grow, and the long ones stay right."""
    quantiles = of([10.0 ** (exponent / 100) for exponent in range(-900, 500)])
    assert len(quantiles.memory()) <= MOST_BUCKETS
    assert quantiles.at(1.0) == pytest.approx(10.0**4.99, rel=0.021)
    assert quantiles.total == 1400


def test_quantiles_recalled_go_on() -> None:
    """Through JSON, counts and all."""
    first = of([0.01] * 9)
    second = Quantiles.recalled(json.loads(json.dumps(first.memory())))
    second.add(1.0)
    assert second.at(0.5) == first.at(0.5)
    assert second.at(1.0) == pytest.approx(1.0, rel=0.02)
    assert second.total == 10
