"""From readings to joules: what was not seen is never booked, and what was seen is bounded by what was there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boards.meters.integral import Counter, Total, Trapezoid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STEP_MJ = 1.0
RANGE_MJ = 5_000.0
MOST_MW = 1_000.0

Reading = tuple[float, float, bool]
"""Seconds since the last one, the true power in that time in mW, whether the reading fails."""

TRACES = st.lists(st.tuples(st.floats(0.01, 4.0), st.floats(10.0, MOST_MW), st.booleans()), min_size=2, max_size=60)


class Integral(Protocol):
    """What both integrals are."""

    def add(self, at_s: float, value: float | None, /) -> Total:
        """Take a reading."""
        ...


class ZeroForFailure:
    """A broken variant of the trapezoid: a failed read is a zero."""

    def __init__(self) -> None:
        self._inner = trapezoid()

    def add(self, at_s: float, value: float | None, /) -> Total:
        """Take a reading, and make a number of what is none."""
        return self._inner.add(at_s, value or 0.0)


class WrapForFailure:
    """A broken variant of the counter, codecarbon's before #1309: a failed read is a zero, each fall a wrap."""

    def __init__(self) -> None:
        self._last_mj: float | None = None
        self._total = Total()

    def add(self, _at_s: float, value: float | None, /) -> Total:
        """Take a count."""
        count_mj = value or 0.0
        used_mj = 0.0 if self._last_mj is None else count_mj - self._last_mj
        self._last_mj = count_mj
        self._total = self._total.seen(used_mj + (RANGE_MJ if used_mj < 0.0 else 0.0), 0.0, 0.0)
        return self._total


def trapezoid() -> Trapezoid:
    """Integrate with no error of its own."""
    return Trapezoid(accuracy=0.0)


def counter() -> Counter:
    """Follow a count that wraps."""
    return Counter(most_mw=MOST_MW, accuracy=0.0, step_mj=STEP_MJ, range_mj=RANGE_MJ)


def check_power(integral: Integral, trace: Sequence[Reading]) -> None:
    """Law: what is covered holds no less than the least and no more than the most that was drawn."""
    at_s = 0.0
    for step_s, power_mw, fails in trace:
        at_s += step_s
        total = integral.add(at_s, None if fails else power_mw)
    powers = [power_mw for _, power_mw, _ in trace]
    assert min(powers) * total.covered_s - 1e-6 <= total.energy_mj <= max(powers) * total.covered_s + 1e-6
    assert total.covered_s + total.gap_s == pytest.approx(at_s - trace[0][0])


def check_count(integral: Integral, trace: Sequence[Reading]) -> None:
    """Law: no more energy than there was, and none missing from the time that is covered, to a step."""
    at_s = true_mj = 0.0
    base_mj = RANGE_MJ * 0.2
    total = Total()
    for step_s, power_mw, fails in trace:
        at_s += step_s
        true_mj += step_s * power_mw
        count_mj = int(base_mj + true_mj) % RANGE_MJ
        total = integral.add(at_s, None if fails else count_mj)
    assert total.energy_mj <= true_mj + STEP_MJ
    least_mw = min(power_mw for _, power_mw, _ in trace)
    assert total.energy_mj >= least_mw * total.covered_s - STEP_MJ
    assert total.covered_s <= at_s


@settings(deadline=None, max_examples=200)
@given(TRACES)
def test_trapezoid_of_any_trace_books_what_was_seen(trace: list[Reading]) -> None:
    """Failed readings, long naps and all: gaps hold no energy."""
    check_power(trapezoid(), trace)


@settings(deadline=None, max_examples=200)
@given(TRACES)
def test_counter_of_any_trace_creates_no_energy(trace: list[Reading]) -> None:
    """Through wraps and failed readings the count is followed, or the time is a gap."""
    check_count(counter(), trace)


FAILING: list[Reading] = [(1.0, 500.0, False), (1.0, 500.0, False), (1.0, 500.0, True), (1.0, 500.0, False)]


@pytest.mark.parametrize(
    ("check", "make", "broken"),
    [(check_power, trapezoid, ZeroForFailure), (check_count, counter, WrapForFailure)],
)
def test_integral_of_zeros_for_failures_breaks_the_law(
    check: Callable[[Integral, Sequence[Reading]], None],
    make: Callable[[], Integral],
    broken: Callable[[], Integral],
) -> None:
    """Negative control: a zero for a failed read takes energy off a sum, and to a counter it looks like a wrap."""
    check(make(), FAILING)
    with pytest.raises(AssertionError):
        check(broken(), FAILING)


def test_trapezoid_of_a_ramp_is_exact_and_says_how_far_it_may_be_off() -> None:
    """1000 mW rising to 2000 in two seconds is 3000 mJ; the ends leave 1000 mJ of doubt, a 1 % gain 30, 10 mW 20."""
    integral = Trapezoid(accuracy=0.01, resolution_mw=10.0)
    integral.add(5.0, 1000.0)
    total = integral.add(7.0, 2000.0)
    assert (total.energy_mj, total.covered_s) == (3000.0, 2.0)
    assert total.uncertainty_mj == pytest.approx(1000.0 + 30.0 + 20.0)


def test_trapezoid_over_a_nap_is_a_gap() -> None:
    """Two readings of a machine awake tell nothing of the minute that it slept between them."""
    integral = trapezoid()
    integral.add(0.0, 2000.0)
    total = integral.add(60.0, 2000.0)
    assert (total.energy_mj, total.gap_s) == (0.0, 60.0)


@pytest.mark.parametrize("reading", [float("nan"), float("inf"), -5.0])
def test_trapezoid_of_nonsense_is_a_gap(reading: float) -> None:
    """What is no power is a failed reading."""
    integral = trapezoid()
    integral.add(0.0, 100.0)
    integral.add(1.0, reading)
    assert integral.add(2.0, 100.0) == Total(gap_s=2.0)


def test_trapezoid_on_a_clock_that_steps_back_books_nothing() -> None:
    """Time that runs backwards holds no energy."""
    integral = trapezoid()
    integral.add(10.0, 100.0)
    assert integral.add(9.0, 100.0).energy_mj == 0.0


def test_counter_bridges_a_failed_read() -> None:
    """It counted on: the next count tells what was used meanwhile."""
    follow = counter()
    follow.add(0.0, 100.0)
    follow.add(1.0, None)
    assert follow.add(2.0, 700.0).energy_mj == 600.0


def test_counter_that_wrapped_adds_what_is_left_of_its_range() -> None:
    """From 4900 to 100 of 5000 is 200."""
    follow = counter()
    follow.add(0.0, 4900.0)
    assert follow.add(1.0, 100.0).energy_mj == 200.0


@pytest.mark.parametrize(
    ("before_mj", "now_mj", "step_s"),
    [(2000.0, 100.0, 1.0), (4000.0, 3900.0, 1.0), (100.0, 4900.0, 1.0), (100.0, 200.0, 10.0), (100.0, 200.0, -1.0)],
    ids=["reset below half", "wrap too large", "jump too large", "may have wrapped twice", "clock back"],
)
def test_counter_that_cannot_be_believed_is_a_gap(before_mj: float, now_mj: float, step_s: float) -> None:
    """What no machine could have drawn is not booked, and following goes on from there."""
    follow = counter()
    follow.add(100.0, before_mj)
    assert follow.add(100.0 + step_s, now_mj).energy_mj == 0.0
    assert follow.add(101.0 + step_s, now_mj + 50.0).energy_mj == 50.0


def test_counter_without_a_range_takes_no_decrease_for_a_wrap() -> None:
    """A battery that was charged did not wrap."""
    follow = Counter(most_mw=MOST_MW, accuracy=0.0, step_mj=STEP_MJ)
    follow.add(0.0, 1e6)
    assert follow.add(1.0, 10.0) == Total(gap_s=1.0)


def test_counter_that_forgets_starts_anew() -> None:
    """What was counted in between was another's."""
    follow = counter()
    follow.add(0.0, 100.0)
    assert follow.forget(1.0).gap_s == 1.0
    follow.add(2.0, 300.0)
    assert follow.add(3.0, 350.0).energy_mj == 50.0


def test_counter_doubts_its_ends_once() -> None:
    """A step at each end of an unbroken chain, however many readings it has; and the gain."""
    follow = Counter(most_mw=MOST_MW, accuracy=0.1, step_mj=STEP_MJ)
    for second in range(11):
        total = follow.add(float(second), 10.0 * second)
    assert total.uncertainty_mj == pytest.approx(2 * STEP_MJ + 10.0)
