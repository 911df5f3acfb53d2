"""The soak in short, and its eye for what grows."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tools.bench import soak

STILL: Final = soak.Look(hour=0.0, rss_mb=50.0, descriptors=12, threads=2, outbox_wal_mb=0.1, gateway_wal_mb=0.1)


def test_soak_of_some_hours_loses_nothing_and_keeps_its_descriptors() -> None:
    """Seven hours with an absent gateway in the sixth: all is stored, nothing stays open, the logs are bounded."""
    result = soak.run(["--hours", "7", "--period", "20"])
    assert (result["lost"], result["descriptors_grown"], result["threads_grown"]) == (0, 0, 0)
    assert result["cycles"] == result["records"] == 7 * 180 + 1
    assert isinstance(result["outbox_wal_mb"], float)
    assert isinstance(result["gateway_wal_mb"], float)
    assert max(result["outbox_wal_mb"], result["gateway_wal_mb"]) < 8.0


def test_summary_sees_what_grows_and_forgives_the_first_hour() -> None:
    """Negative control: two megabytes and a descriptor an hour are seen as such; what the start takes is not."""
    hours = [number / 4 for number in range(1, 41)]
    looks = [
        replace(
            STILL,
            hour=hour,
            rss_mb=50.0 + 2.0 * hour + (-30.0 if hour <= soak.WARM_H else 0.0),
            descriptors=12 + int(hour),
            gateway_wal_mb=4.0 if hour == 3.0 else 0.1,
        )
        for hour in hours
    ]
    found = soak.summary(looks)
    assert (found["rss_slope_mb_per_h"], found["descriptors_grown"], found["gateway_wal_mb"]) == (2.0, 9, 4.0)
    assert found["rss_slope_late_mb_per_h"] == 2.0


def test_summary_sees_what_levels_off() -> None:
    """What fills up in the first half has a slope, and none in the second."""
    looks = [replace(STILL, hour=1.0 + number / 4, rss_mb=min(50.0 + number, 60.0)) for number in range(1, 41)]
    found = soak.summary(looks)
    assert isinstance(found["rss_slope_mb_per_h"], float)
    assert found["rss_slope_mb_per_h"] > 0.3
    assert found["rss_slope_late_mb_per_h"] == 0.0


def test_summary_of_what_stands_still_is_nothing() -> None:
    """A process that does not grow has no slope."""
    found = soak.summary([replace(STILL, hour=hour) for hour in (0.5, 1.5, 2.5, 3.5)])
    assert (found["rss_slope_mb_per_h"], found["descriptors_grown"], found["threads_grown"]) == (0.0, 0, 0)
