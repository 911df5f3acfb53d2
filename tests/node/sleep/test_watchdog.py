"""The watchdog's promises: when one is made, for how long, and when nothing need be said."""

from __future__ import annotations

from math import inf
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from boards.sim.clock import VirtualClock
from node.sleep.watchdog import SHARE, Promise, Watchdog, renewed

PATIENCE_S: Final = 60.0


class Listener:
    """A supervisor that writes down what it hears, and when it would lose patience."""

    def __init__(self, clock: VirtualClock, patience_s: float = PATIENCE_S) -> None:
        self.patience_s = patience_s
        self.said: list[str] = []
        self.signs = 0
        self.until_s = inf
        self._clock = clock

    def tell(self, *words: str) -> None:
        """Hear."""
        self.said += words
        asked = [each for each in words if each.startswith("WATCHDOG_USEC=")]
        if "WATCHDOG=1" in words:
            self.signs += 1
            self.until_s = self._clock.monotonic_s() + int(asked[0].partition("=")[2]) / 1e6


def well() -> str:
    """Say that all is well."""
    return "all is well"


def test_watchdog_without_a_supervisor_says_nothing() -> None:
    """A node that was started by hand has nobody to tell, and no error."""
    watchdog = Watchdog(None, VirtualClock())
    watchdog.begin()
    watchdog.progress(100.0, well)
    watchdog.end()


def test_watchdog_of_a_supervisor_that_does_not_watch_only_says_that_it_comes_and_goes() -> None:
    """Without `WatchdogSec=` there is no sign of life to give."""
    clock = VirtualClock()
    listener = Listener(clock, inf)
    watchdog = Watchdog(listener, clock)
    watchdog.begin()
    watchdog.progress(100.0, well)
    watchdog.end()
    assert listener.said == ["READY=1", "STOPPING=1"]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(0.0, 20.0), st.floats(0.0, 4000.0)), max_size=30))
def test_watchdog_of_a_node_that_keeps_its_deadlines_never_barks(lives: list[tuple[float, float]]) -> None:
    """However cycles of up to 20 s and naps of up to an hour follow one another, a sign comes before each deadline."""
    clock = VirtualClock()
    listener = Listener(clock)
    watchdog = Watchdog(listener, clock)
    watchdog.begin()
    for busy_s, nap_s in lives:
        clock.advance(busy_s)
        assert clock.monotonic_s() <= listener.until_s
        wake_s = clock.monotonic_s() + nap_s
        watchdog.progress(wake_s, well)
        clock.advance(nap_s)
        assert clock.monotonic_s() <= listener.until_s


def test_watchdog_of_a_node_that_hangs_after_a_nap_barks_after_its_patience() -> None:
    """The promise covers the nap and one patience behind it, not more: who never comes back is missed soon."""
    clock = VirtualClock()
    listener = Listener(clock)
    watchdog = Watchdog(listener, clock)
    watchdog.begin()
    watchdog.progress(3600.0, well)
    assert listener.until_s == 3600.0 + PATIENCE_S


def test_watchdog_of_a_fast_node_does_not_wake_its_supervisor_at_every_cycle() -> None:
    """Twenty cycles a second give a sign every quarter of the patience."""
    clock = VirtualClock()
    listener = Listener(clock)
    watchdog = Watchdog(listener, clock)
    watchdog.begin()
    for _ in range(20 * 60):
        clock.advance(0.05)
        watchdog.progress(clock.monotonic_s() + 0.05, well)
    assert listener.signs <= 2 + 60.0 / (SHARE * PATIENCE_S)


def test_watchdog_that_plans_the_same_nap_again_and_again_gives_no_sign() -> None:
    """A loop that never gets past its nap makes no progress, however often it says so."""
    clock = VirtualClock()
    listener = Listener(clock)
    watchdog = Watchdog(listener, clock)
    watchdog.begin()
    watchdog.progress(1000.0, well)
    before = listener.signs
    for _ in range(100):
        clock.advance(1.0)
        watchdog.progress(1000.0, well)
    assert listener.signs == before


def test_promise_of_an_hour_is_taken_back_by_a_wake_before_its_time() -> None:
    """A node that was woken early and then hangs is not given the rest of the hour."""
    assert renewed(Promise(3660.0), busy_until_s=100.0, patience_s=60.0) == Promise(160.0)
