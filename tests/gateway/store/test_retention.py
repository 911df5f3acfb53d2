"""What is too old goes, by a clock that can be believed; and what is too much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.config import Store as Params
from gateway.ingest.event_time import EARLIEST_MS
from gateway.store.retention import Watch, trim
from tests.gateway.world import NOW_MS, count, open_site, results, sent

if TYPE_CHECKING:
    from pathlib import Path

DAY_MS: Final = 86_400_000
MINUTE_MS: Final = 60_000
YEAR: Final = Params()


def asked(watch: Watch, from_ms: int, hours: float) -> int:
    """Ask a watch every minute, and return its last answer."""
    return [watch.oldest_ms(YEAR, from_ms + minute * MINUTE_MS) for minute in range(int(hours * 60) + 1)][-1]


def test_watch_whose_clock_runs_steadily_believes_it_after_some_hours() -> None:
    """Before, nothing is too old; then what is older than `retain_days` is."""
    watch = Watch()
    assert asked(watch, NOW_MS, 5.9) == EARLIEST_MS
    later_ms = NOW_MS + 6 * 60 * MINUTE_MS
    assert asked(watch, later_ms, 0.0) == later_ms - 365 * DAY_MS


def test_watch_whose_clock_leaps_believes_nothing_for_some_hours() -> None:
    """Ahead, back, and back to where it was: each leap begins the wait anew."""
    watch = Watch()
    asked(watch, NOW_MS, 7.0)
    for leap_ms in (2**31 * 1000, 5_000, NOW_MS + 10 * 60 * MINUTE_MS):
        assert asked(watch, leap_ms, 5.9) == EARLIEST_MS


def test_trim_removes_what_is_too_old_and_keeps_what_came_in_1970(tmp_path: Path) -> None:
    """Nothing was received before Torpor was written: such a time says that the clock was wrong, not the row old."""
    site = open_site(tmp_path)
    for number, now_ms in enumerate((5_000, NOW_MS - 400 * DAY_MS, NOW_MS)):
        site.commit([sent(results(range(10 * number, 10 * number + 10)))], now_ms)
    assert trim(site._store, YEAR, EARLIEST_MS) == 0
    assert trim(site._store, YEAR, NOW_MS - 365 * DAY_MS) == 10
    assert count(site, "record") == 20


def test_trim_by_a_clock_of_2038_would_remove_everything(tmp_path: Path) -> None:
    """Negative control: without the watch, one leap ahead empties the store."""
    site = open_site(tmp_path)
    site.commit([sent(results(range(10)))], NOW_MS)
    assert trim(site._store, YEAR, 2**31 * 1000 - 365 * DAY_MS) == 10
    assert count(site, "record") == 0
