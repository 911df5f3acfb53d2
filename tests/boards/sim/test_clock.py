"""Virtual time: it moves by sleeping alone, and the script runs as it passes."""

from __future__ import annotations

from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from boards.sim.clock import VirtualClock, VirtualSleeper
from node.values import TimeQuality


def test_clock_undisturbed_stands_still() -> None:
    """Looking at it costs no time."""
    clock = VirtualClock(start_ms=1_000)
    assert [clock.wall_ms() for _ in range(3)] == [1_000] * 3
    assert clock.monotonic_s() == 0.0


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(-10.0, 1e6), max_size=20))
def test_sleep_moves_both_clocks_by_what_it_returns(durations_s: list[float]) -> None:
    """Undisturbed it sleeps exactly as long as asked, and never backwards."""
    clock = VirtualClock(start_ms=0)
    sleeper = VirtualSleeper(clock)
    total_s = 0.0
    for duration_s in durations_s:
        before_s = clock.monotonic_s()
        slept_s = sleeper.sleep(duration_s)
        assert slept_s == clock.monotonic_s() - before_s
        assert abs(slept_s - max(duration_s, 0.0)) < 1e-6
        total_s += slept_s
    assert abs(sleeper.slept_s - total_s) < 1e-6
    assert abs(clock.wall_ms() - clock.monotonic_s() * 1000) <= 1


def test_actions_run_in_order_each_at_its_time() -> None:
    """A script is a list of what happens when; equal times keep the order in which they were written."""
    clock = VirtualClock()
    seen: list[tuple[str, float]] = []

    def happen(name: str) -> None:
        seen.append((name, clock.monotonic_s()))

    for name, time_s in (("late", 9.0), ("early", 2.0), ("with it", 2.0), ("never", 11.0)):
        clock.at(time_s, partial(happen, name))
    clock.advance(10.0)
    assert seen == [("early", 2.0), ("with it", 2.0), ("late", 9.0)]
    assert clock.monotonic_s() == 10.0


def test_action_that_scripts_the_next_runs_both() -> None:
    """An action may write the script on: so a day of sun is made."""
    clock = VirtualClock()
    sunrises: list[float] = []

    def rise() -> None:
        sunrises.append(clock.monotonic_s())
        clock.at(clock.monotonic_s() + 86_400.0, rise)

    clock.at(0.0, rise)
    clock.advance(3 * 86_400.0)
    assert sunrises == [0.0, 86_400.0, 172_800.0, 259_200.0]


def test_scripted_wake_ends_the_sleep_at_its_time() -> None:
    """What wakes a sleeper in the field wakes it here."""
    clock = VirtualClock()
    sleeper = VirtualSleeper(clock)
    clock.at(3.0, sleeper.wake)
    assert sleeper.sleep(10.0) == 3.0
    assert sleeper.sleep(10.0) == 10.0


def test_wake_before_the_sleep_ends_one_sleep_only() -> None:
    """As on Linux: a wake is not lost, and counts once."""
    sleeper = VirtualSleeper(VirtualClock())
    sleeper.wake()
    sleeper.wake()
    assert sleeper.sleep(10.0) == 0.0
    assert sleeper.sleep(10.0) == 10.0


def test_set_wall_moves_the_wall_clock_alone() -> None:
    """A time server's first answer makes the wall clock jump; deadlines do not notice."""
    clock = VirtualClock(start_ms=0, quality=TimeQuality.UNSET)
    clock.advance(5.0)
    clock.set_wall(1_700_000_000_000)
    clock.advance(1.0)
    assert clock.wall_ms() == 1_700_000_001_000
    assert clock.monotonic_s() == 6.0
    assert clock.quality() is TimeQuality.SYNCED
