"""Signals: each part is what its option says, and all is a function of time and seed alone."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import fmean, pstdev

from hypothesis import given, settings
from hypothesis import strategies as st

import boards
from node.sense.signal import Params, Signal, uniform, value_at


def test_signal_of_nothing_is_its_offset() -> None:
    """Every part is absent unless given."""
    assert {value_at(Params(offset=3.0), time_s / 7) for time_s in range(1000)} == {3.0}


def test_drift_is_a_slope() -> None:
    """Units a second."""
    assert value_at(Params(offset=1.0, drift_per_s=0.5), 10.0) == 6.0


def test_sine_has_its_period_and_amplitude() -> None:
    """Zero, top, zero, bottom."""
    params = Params(amplitude=2.0, period_s=40.0)
    values = [value_at(params, time_s) for time_s in (0.0, 10.0, 20.0, 30.0, 40.0)]
    assert [round(value, 9) for value in values] == [0.0, 2.0, 0.0, -2.0, 0.0]


def test_steps_go_up_and_down() -> None:
    """Down first, up after a period, down again."""
    params = Params(step=5.0, step_every_s=10.0)
    assert [value_at(params, time_s) for time_s in (0.0, 9.9, 10.0, 19.9, 20.0)] == [0.0, 0.0, 5.0, 5.0, 0.0]


def test_spikes_come_every_so_often_and_pass() -> None:
    """None at the start, then one a period, as long as told."""
    params = Params(spike=9.0, spike_every_s=100.0, spike_s=2.0)
    seen = [time_s for time_s in range(305) if value_at(params, float(time_s))]
    assert seen == [100, 101, 200, 201, 300, 301]


def test_noise_is_gaussian_and_white() -> None:
    """Mean 0, the given deviation, 68 % within one of it, and no memory from a millisecond to the next."""
    values = [value_at(Params(noise=2.0), time_ms / 1000) for time_ms in range(20_000)]
    assert abs(fmean(values)) < 0.06
    assert abs(pstdev(values) - 2.0) < 0.04
    assert abs(fmean(abs(value) < 2.0 for value in values) - 0.683) < 0.015
    assert abs(fmean(a * b for a, b in pairwise(values))) < 0.1


def test_missing_readings_are_nan_and_as_many_as_told() -> None:
    """A share of the moments has no reading; the others are untouched."""
    values = [value_at(Params(offset=1.0, missing=0.1), time_ms / 1000) for time_ms in range(10_000)]
    assert abs(fmean(map(math.isnan, values)) - 0.1) < 0.02
    assert {value for value in values if not math.isnan(value)} == {1.0}


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 1e9), st.integers(0, 2**31))
def test_signal_at_a_time_is_always_the_same(time_s: float, seed: int) -> None:
    """Neither the reads before nor the process matter."""
    params = Params(noise=1.0, amplitude=1.0, seed=seed)
    assert value_at(params, time_s) == value_at(params, time_s)


def test_signals_of_two_seeds_differ() -> None:
    """Neighbouring seeds share nothing, whatever the time."""
    first, second = ({value_at(Params(noise=1.0, seed=seed), t / 10) for t in range(500)} for seed in (1, 2))
    assert not first & second


@settings(deadline=None, max_examples=100)
@given(st.integers(-(2**70), 2**70))
def test_uniform_of_any_seed_is_within_its_bounds(seed: int) -> None:
    """At least 0 and below 1."""
    assert 0.0 <= uniform(seed) < 1.0


def test_sensor_begins_at_its_first_read() -> None:
    """However long the machine was up, the script starts when somebody looks."""
    ports = boards.open_ports("sim", clock="virtual")
    ports.sleeper.sleep(5_000.0)
    sensor = Signal(Params(channel="level", unit="m", drift_per_s=1.0), ports)
    assert sensor.read().values == {"level": 0.0}
    ports.sleeper.sleep(3.0)
    assert sensor.read().values == {"level": 3.0}
    assert sensor.channels[0].unit == "m"
