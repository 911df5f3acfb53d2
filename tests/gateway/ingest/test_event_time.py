"""Event time: a clock that cannot be believed orders nothing, and its spacing is kept."""

from __future__ import annotations

import pytest

from gateway.ingest.event_time import AHEAD_MS, event_times

NOW_MS = 1_795_000_000_000


def test_event_times_good_clock_is_believed() -> None:
    """A node's own time stands, also when the record is a month old."""
    old = [NOW_MS - 30 * 86_400_000, NOW_MS]
    assert event_times(old, 0, NOW_MS) == old


@pytest.mark.parametrize("clock_ms", [0, 4_000_000_000_000, NOW_MS + AHEAD_MS + 1, 86_400_000])
def test_event_times_absurd_clock_is_replaced_and_spacing_kept(clock_ms: int) -> None:
    """1970, 2096 and a little too far ahead become the gateway's time, rows as far apart as they were."""
    assert event_times([clock_ms, clock_ms + 500], 0, NOW_MS) == [NOW_MS - 500, NOW_MS]


def test_event_times_unset_clock_is_never_believed() -> None:
    """Even where it looks right by chance."""
    assert event_times([NOW_MS - 5000], 2, NOW_MS) == [NOW_MS]
