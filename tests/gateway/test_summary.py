"""Summaries: merging the parts is summing the whole, and nothing poisons them."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.summary import MOST_CLASSES, OTHER, Summary

NUMBERS = st.lists(st.floats(-1e6, 1e6), max_size=60)


def of(values: list[object]) -> Summary:
    """Summarise in one go."""
    summary = Summary()
    summary.add(values)
    return summary


@settings(deadline=None, max_examples=150)
@given(st.lists(NUMBERS, min_size=1, max_size=5))
def test_summary_merged_parts_equal_the_whole(parts: list[list[float]]) -> None:
    """Mean and variance are those of statistics.variance over everything, however it was split."""
    merged, everything = Summary(), [each for part in parts for each in part]
    for part in parts:
        merged.merge(of(list(part)))
    assert merged.count == len(everything)
    if everything:
        assert merged.mean == pytest.approx(statistics.fmean(everything), rel=1e-9, abs=1e-6)
        assert merged.total == pytest.approx(math.fsum(everything), rel=1e-9, abs=1e-6)
        assert (merged.least, merged.most) == (min(everything), max(everything))
    if len(everything) > 1:
        assert merged.variance == pytest.approx(statistics.variance(everything), rel=1e-6, abs=1e-6)


def test_summary_offset_data_does_not_cancel() -> None:
    """A pressure in Pa that moves by hundredths has the variance of its hundredths; E[x^2] - E[x]^2 has not."""
    values = [101_325.0 + at % 10 / 100 for at in range(10_000)]
    parts = Summary()
    for at in range(0, len(values), 7):
        parts.merge(of(list(values[at : at + 7])))
    exact = statistics.variance(values)
    naive = statistics.fmean(each * each for each in values) - statistics.fmean(values) ** 2
    assert parts.variance == pytest.approx(exact, rel=1e-6)
    assert abs(naive - exact) > 1e-4 * exact


@pytest.mark.parametrize("poison", [math.nan, math.inf, -math.inf, None, 1e300])
def test_summary_poison_is_counted_as_missing(poison: object) -> None:
    """What is no number leaves the numbers alone."""
    summary = of([1.0, poison, 3.0])
    assert (summary.count, summary.missing, summary.mean, summary.most) == (2, 1, 2.0, 3.0)


def test_summary_words_become_a_histogram_of_bounded_size() -> None:
    """The first 63 classes are told apart, the rest is `other`."""
    summary = of([f"class-{at}" for at in range(100)])
    assert len(summary.classes) == MOST_CLASSES + 1
    assert summary.classes[OTHER] == 100 - MOST_CLASSES
    assert summary.count == 100


def test_summary_quantiles_of_merged_parts_have_small_rank_error() -> None:
    """The 95th percentile of 10,000 numbers in 100 parts is within 2 % of rank."""
    pytest.importorskip("datasketches")
    merged = Summary()
    for at in range(100):
        merged.merge(of([float(each) for each in range(at, 10_000, 100)]))
    assert merged.ranks()["p95"] == pytest.approx(9500, abs=200)
    assert merged.ranks()["p50"] == pytest.approx(5000, abs=200)
