"""The ports on Linux: real clocks, a real sleep, and a fake root for the witnesses of the time."""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import threading
import time
from typing import TYPE_CHECKING

import pytest

from boards.linux import (
    DAY_S,
    FLOOR_MS,
    TIME_MARKS,
    LinuxClock,
    LinuxSleeper,
    earliest_ms,
    kernel_is_synchronised,
    timedated_says_so,
)
from node.values import TimeQuality

if TYPE_CHECKING:
    from pathlib import Path

LONG_S = 60.0
"""Longer than any test may take: only a wake ends it in time."""


def mark(root: Path, age_s: float) -> None:
    """Touch timesyncd's mark, so long ago."""
    path = root / "run/systemd/timesync/synchronized"
    path.parent.mkdir(parents=True)
    path.touch()
    when = path.stat().st_mtime - age_s
    os.utime(path, (when, when))


def test_clock_of_linux_agrees_with_the_kernel() -> None:
    """Wall time is CLOCK_REALTIME in ms, monotonic time is CLOCK_BOOTTIME and never goes back."""
    clock = LinuxClock()
    before_ms = time.clock_gettime_ns(time.CLOCK_REALTIME) // 1_000_000
    assert before_ms <= clock.wall_ms() <= before_ms + 60_000
    first_s = clock.monotonic_s()
    assert time.clock_gettime(time.CLOCK_BOOTTIME) >= first_s
    assert clock.monotonic_s() >= first_s


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_long) != 8, reason="the offset below is that of 64-bit kernels")
def test_kernel_is_synchronised_agrees_with_the_status_word() -> None:
    """Where STA_UNSYNC (0x40) is set in struct timex, nobody disciplines the clock; and any user may ask."""
    timex = ctypes.create_string_buffer(512)
    assert ctypes.CDLL(None).adjtimex(timex) >= 0
    (status,) = struct.unpack_from("i", timex, 40)
    assert kernel_is_synchronised() == (not status & 0x40)


@pytest.mark.parametrize(("says", "expected"), [("yes", True), ("no", False), ("Failed to connect to bus", False)])
def test_timedated_is_believed_when_it_says_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, expected: bool
) -> None:
    """A stand-in for its program answers; without the program nobody says so."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not timedated_says_so()
    program = tmp_path / "timedatectl"
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    assert timedated_says_so() is expected


@pytest.mark.parametrize(("age_s", "expected"), [(60.0, TimeQuality.SYNCED), (2 * DAY_S, TimeQuality.DRIFTING)])
def test_quality_by_the_mark_goes_by_its_age(tmp_path: Path, age_s: float, expected: TimeQuality) -> None:
    """A day after the last synchronisation the clock is drifting."""
    mark(tmp_path, age_s)
    assert LinuxClock(tmp_path, synchronised=lambda: False).quality() is expected


def test_quality_by_the_kernel_is_synced(tmp_path: Path) -> None:
    """Both chrony and ntpd leave no mark, but tell the kernel."""
    assert LinuxClock(tmp_path, synchronised=lambda: True).quality() is TimeQuality.SYNCED


def test_quality_with_an_old_mark_believes_the_kernel(tmp_path: Path) -> None:
    """A mark of last week does not outweigh a kernel that is disciplined now."""
    mark(tmp_path, 7 * DAY_S)
    assert LinuxClock(tmp_path, synchronised=lambda: True).quality() is TimeQuality.SYNCED


def test_quality_without_a_witness_is_unset(tmp_path: Path) -> None:
    """A plausible year alone proves nothing: a Pi restores the year of its last shutdown."""
    assert LinuxClock(tmp_path, synchronised=lambda: False).quality() is TimeQuality.UNSET


@pytest.mark.parametrize("said", ["0", "1"])
def test_quality_by_the_rtc_needs_it_to_have_set_the_clock(tmp_path: Path, said: str) -> None:
    """An RTC counts where it set the system time at boot, and drifts after a day of uptime."""
    path = tmp_path / "sys/class/rtc/rtc0/hctosys"
    path.parent.mkdir(parents=True)
    path.write_text(f"{said}\n")
    clock = LinuxClock(tmp_path, synchronised=lambda: False)
    running = TimeQuality.SYNCED if clock.monotonic_s() <= DAY_S else TimeQuality.DRIFTING
    assert clock.quality() is (running if said == "1" else TimeQuality.UNSET)


class _EarlyClock(LinuxClock):
    """A clock that stands before the software was written."""

    def wall_ms(self) -> int:
        """One millisecond too early."""
        return FLOOR_MS - 1


def test_quality_before_the_floor_is_unset_whatever_the_kernel_says(tmp_path: Path) -> None:
    """No node is older than its software."""
    assert _EarlyClock(tmp_path, synchronised=lambda: True).quality() is TimeQuality.UNSET


def test_quality_asked_often_asks_the_kernel_once(tmp_path: Path) -> None:
    """A cycle may ask for every sample: the answer is kept for a minute."""
    answers = iter([True])
    clock = LinuxClock(tmp_path, synchronised=lambda: next(answers))
    assert {clock.quality() for _ in range(100)} == {TimeQuality.SYNCED}
    assert not list(answers)


def test_sleep_of_nothing_returns_at_once() -> None:
    """Zero and less do not sleep."""
    sleeper = LinuxSleeper()
    assert sleeper.sleep(0.0) == 0.0
    assert sleeper.sleep(-5.0) == 0.0


def test_sleep_undisturbed_lasts_at_least_as_long() -> None:
    """poll(2) never ends early, and what is returned is what the clock says."""
    before_s = time.monotonic()
    slept_s = LinuxSleeper().sleep(0.02)
    assert slept_s >= 0.02
    assert slept_s <= time.monotonic() - before_s + 0.001


def test_wake_from_another_thread_ends_the_sleep() -> None:
    """Whoever calls wake, the sleeper is up."""
    sleeper = LinuxSleeper()
    waker = threading.Timer(0.01, sleeper.wake)
    waker.start()
    assert sleeper.sleep(LONG_S) < LONG_S
    waker.join()


def test_wake_from_a_signal_handler_ends_the_sleep() -> None:
    """The handler runs in the sleeping thread, which is where a lock would deadlock."""
    sleeper = LinuxSleeper()
    old = signal.signal(signal.SIGUSR1, lambda *_: sleeper.wake())
    waker = threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGUSR1))
    try:
        waker.start()
        assert sleeper.sleep(LONG_S) < LONG_S
    finally:
        waker.join()
        signal.signal(signal.SIGUSR1, old)


def test_wake_before_the_sleep_ends_one_sleep_only() -> None:
    """A signal between the look at the clock and the sleep is not lost; and counts once, however often it came."""
    sleeper = LinuxSleeper()
    sleeper.wake()
    sleeper.wake()
    assert sleeper.sleep(LONG_S) < LONG_S
    assert sleeper.sleep(0.01) >= 0.01


@pytest.mark.parametrize(("duration_s", "slack"), [(0.02, ""), (0.2, "1000000")])
def test_sleep_widens_the_timer_slack_for_long_sleeps_only(tmp_path: Path, duration_s: float, slack: str) -> None:
    """A timer may be late by a hundredth of the sleep, never more."""
    path = tmp_path / "timerslack_ns"
    path.touch()
    sleeper = LinuxSleeper(slack_ms=1.0, slack_path=path)
    sleeper.wake()
    sleeper.sleep(duration_s)
    assert path.read_text() == slack


def test_sleep_where_the_slack_is_refused_sleeps_on(tmp_path: Path) -> None:
    """A kernel without the file, or that lets nobody write it, costs nothing but the saving."""
    sleeper = LinuxSleeper(slack_ms=0.01, slack_path=tmp_path / "absent" / "timerslack_ns")
    assert sleeper.sleep(0.01) >= 0.01


@pytest.mark.parametrize("mark", TIME_MARKS)
def test_earliest_time_is_that_of_the_newest_mark(tmp_path: Path, mark: str) -> None:
    """What was touched when the time was known tells how late it is at least."""
    software = tmp_path / "linux.py"
    for path, seconds in ((software, 1_800_000_000), (tmp_path / mark, 1_800_000_060)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (seconds, seconds))
    assert earliest_ms(tmp_path, software) == 1_800_000_060_000


def test_earliest_time_without_marks_is_that_of_the_software(tmp_path: Path) -> None:
    """No node is older than what runs on it; and a file without a sane date is no witness."""
    software = tmp_path / "linux.py"
    software.touch()
    os.utime(software, (1_800_000_000, 1_800_000_000))
    assert earliest_ms(tmp_path, software) == 1_800_000_000_000
    os.utime(software, (0, 0))
    assert earliest_ms(tmp_path, software) == earliest_ms(tmp_path, tmp_path / "none") == FLOOR_MS
