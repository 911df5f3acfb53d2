"""Times lie on the simplest line that meets them all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.wire.coding.octets import Reader
from node.wire.coding.rate import JITTER, STEPS, Rate, differences, fit, follow
from node.wire.errors import WireError


@pytest.mark.parametrize("rate_hz", [26, 360, 30, 7, 1000, 44.1])
@pytest.mark.parametrize("first", [0, 601, 1234])
def test_fit_times_of_a_steady_rate_meets_them_all(rate_hz: float, first: int) -> None:
    """A clock of milliseconds on a steady rate leaves nothing to tell, wherever the batch begins."""
    times_ms = [1_700_000_000_000 + int((first + i) * 1000 / rate_hz) for i in range(600)]
    assert differences(fit(times_ms), times_ms)[0] == 0


def test_differences_of_a_jittering_clock_do_not_run_away() -> None:
    """A clock that is a second early or late now and then is told row by row, in seconds."""
    times_ms = [60_000 * i - 1000 * (i % 3 == 1) for i in range(60)]
    kind, unit, cells = differences(fit(times_ms), times_ms)
    assert (kind, unit) == (JITTER, 1000)
    assert max(map(abs, cells)) <= 1


def test_differences_of_events_are_told_from_each_other() -> None:
    """Things that happen when they happen are told by the time since the last one."""
    times_ms = [0]
    for i in range(60):
        times_ms.append(times_ms[-1] + 300_000 * (1 + i * i % 7))
    kind, unit, _ = differences(fit(times_ms), times_ms)
    assert kind == STEPS
    assert unit % 300_000 == 0


@given(st.lists(st.integers(-(2**50), 2**50), min_size=1, max_size=40))
@settings(deadline=None, max_examples=100)
def test_follow_any_times_come_back(times_ms: list[int]) -> None:
    """Line and differences give every time back."""
    line = fit(times_ms)
    kind, unit, cells = differences(line, times_ms)
    assert follow(line, kind, [unit * cell for cell in cells]) == times_ms
    assert Rate.read(Reader(line.write())) == line


def test_follow_beyond_53_bits_is_refused() -> None:
    """No peer has to hold a time that a double cannot."""
    with pytest.raises(WireError, match="53 bits"):
        follow(Rate(0, 1), JITTER, [1 << 60])
