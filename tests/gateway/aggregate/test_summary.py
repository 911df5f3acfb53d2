"""Summaries: merging the parts is summing the whole, and nothing poisons them."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_left, bisect_right

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.aggregate import sketch
from gateway.aggregate.summary import MOST_CLASSES, OTHER, QUANTILES, Summary
from tools.bench.series import DATA, every

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


def rank(values: list[float], value: float) -> tuple[float, float]:
    """Return from where to where a value reaches among others, as shares of them."""
    return bisect_left(values, value) / len(values), bisect_right(values, value) / len(values)


@pytest.mark.parametrize("parts", [1, 7, 100])
def test_summary_quantiles_of_any_parts_have_small_rank_error(parts: int) -> None:
    """Skewed numbers, whole or in parts that are kept as bytes meanwhile: each quantile is within 1.5 % of rank."""
    values = [(at * 7919 % 10_007 / 1000) ** 3 for at in range(10_007)]
    merged = Summary()
    for at in range(parts):
        part = of(list(values[at::parts]))
        assert part.quantiles is not None
        part.quantiles = sketch.load(part.quantiles.to_bytes())
        merged.merge(part)
    values.sort()
    for name, told in merged.ranks().items():
        least, most = rank(values, told)
        assert least - 0.015 <= QUANTILES[name] <= most + 0.015


def test_summary_quantiles_of_one_value_are_that_value() -> None:
    """Averages inside the sketch are rounded; what is told never lies outside of what was measured."""
    assert set(of([19.29] * 777).ranks().values()) == {19.29}


def test_summary_of_words_has_no_quantiles() -> None:
    """Words have no order."""
    assert of(["a", "b"]).ranks() == {}


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no recordings in {DATA}")
def test_summary_quantiles_of_a_real_year_have_small_rank_error() -> None:
    """A year of weather, merged from its days: each quantile is within 1.5 % of rank, or beside the very value."""
    year = next(each for each in every(DATA) if each.name == "solar/tmy3")
    for column in year.columns:
        values = [float(value) for value in column.values if isinstance(value, int | float)]
        merged = Summary()
        for at in range(0, len(values), 24):
            merged.merge(of(list(values[at : at + 24])))
        values.sort()
        for name, told in merged.ranks().items():
            at = bisect_left(values, told)
            near = [rank(values, value) for value in (*values[max(0, at - 1) : at + 1], told)]
            assert any(least - 0.015 <= QUANTILES[name] <= most + 0.015 for least, most in near), column.name
