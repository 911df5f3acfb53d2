"""The ports on any Linux board: the kernel's clocks, and a sleep that a signal can end.

Nothing here needs a right that an ordinary user lacks; what needs more is asked for and, refused, done without.
"""

from __future__ import annotations

import contextlib
import os
import select
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from node.values import TimeQuality

if TYPE_CHECKING:
    from collections.abc import Callable

FLOOR_MS: Final = 1_735_689_600_000
"""2025-01-01: no node is older than its software, so an earlier clock was never set."""
DAY_S: Final = 86_400.0
CHECK_EVERY_S: Final = 60.0
TIME_ERROR: Final = 5  # adjtimex(2): "the system clock is not synchronized to a reliable server"
TIMEDATED_TAKES_S: Final = 5.0
DEFAULT_SLACK_NS: Final = 50_000  # prctl(2), PR_SET_TIMERSLACK
LONGEST_MS: Final = 2**31 - 1  # poll(2) takes an int of milliseconds: 24 days
TIMESYNC_MARK: Final = "run/systemd/timesync/synchronized"  # systemd-timesyncd(8): touched at each synchronisation
RTC_SET_US: Final = "sys/class/rtc/rtc0/hctosys"  # sysfs-class-rtc: 1 where this RTC set the system time at boot

TIME_MARKS: Final = ("usr/lib/clock-epoch", "var/lib/systemd/timesync/clock", "etc/fake-hwclock.data")
"""Touched when the image was made, when the clock was last known, and at the last shutdown.

Source: systemd(1), systemd-timesyncd.service(8), fake-hwclock(8).
"""


def earliest_ms(root: Path = Path("/"), software: Path = Path(__file__)) -> int:
    """Return a time that has surely come: the newest of the machine's marks and of its software's date.

    Args:
        root: where the marks are.
        software: a file that was installed with it.
    """
    found = [FLOOR_MS]
    for path in (software, *(root / each for each in TIME_MARKS)):
        with contextlib.suppress(OSError):
            found.append(path.stat().st_mtime_ns // 1_000_000)
    return max(found)


def kernel_is_synchronised() -> bool:
    """Ask the kernel whether chrony, ntpd, timesyncd or another disciplines its clock: adjtimex(2)."""
    import ctypes  # 2 ms: only where no cheaper witness was found

    buffer = ctypes.create_string_buffer(512)  # struct timex is 208 bytes; modes = 0 only reads
    state = int(ctypes.CDLL(None).adjtimex(buffer))
    return 0 <= state < TIME_ERROR if state >= 0 else timedated_says_so()


def timedated_says_so() -> bool:
    """Ask systemd-timedated, who asks the kernel for those that a sandbox keeps from it."""
    import subprocess

    asked = ("timedatectl", "show", "--property=NTPSynchronized", "--value")
    try:
        done = subprocess.run(asked, capture_output=True, timeout=TIMEDATED_TAKES_S, text=True, check=False)  # noqa: S603 - a constant
    except (OSError, subprocess.SubprocessError):
        return False
    return done.stdout.strip() == "yes"


class LinuxClock:
    """The kernel's wall clock and CLOCK_BOOTTIME, which goes on through suspend."""

    def __init__(self, root: Path = Path("/"), synchronised: Callable[[], bool] = kernel_is_synchronised) -> None:
        """Take witnesses.

        Args:
            root: where `run` and `sys` are.
            synchronised: asks the kernel; its answer is kept for a minute.
        """
        self._root = root
        self._synchronised = synchronised
        self._quality = TimeQuality.UNSET
        self._checked_s: float | None = None
        self._last_synced_s: float | None = None

    def wall_ms(self) -> int:
        """Milliseconds since 1970 by CLOCK_REALTIME."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Seconds since boot, suspend included."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def quality(self) -> TimeQuality:
        """How far to believe the wall clock: an early year, then timesyncd's mark, the kernel, the RTC."""
        now_s = self.monotonic_s()
        if self._checked_s is None or now_s - self._checked_s >= CHECK_EVERY_S:
            self._checked_s = now_s
            self._quality = self._judge(now_s)
        return self._quality

    def _judge(self, now_s: float) -> TimeQuality:
        if self.wall_ms() < FLOOR_MS:
            return TimeQuality.UNSET
        age_s = self._age_s(now_s)
        if age_s is None:
            return TimeQuality.UNSET
        return TimeQuality.SYNCED if age_s <= DAY_S else TimeQuality.DRIFTING

    def _age_s(self, now_s: float) -> float | None:
        """Return the seconds since the clock was last set by somebody who knows; None where nobody did."""
        mark_age_s = self._mark_age_s()
        if mark_age_s is not None and mark_age_s <= DAY_S:
            return mark_age_s
        if self._synchronised():
            self._last_synced_s = now_s
        if self._last_synced_s is not None:
            return now_s - self._last_synced_s
        if mark_age_s is not None:
            return mark_age_s
        return now_s if self._rtc_set_us() else None  # the RTC sets it at boot, which is where monotonic time starts

    def _mark_age_s(self) -> float | None:
        try:
            return max(time.time() - (self._root / TIMESYNC_MARK).stat().st_mtime, 0.0)
        except OSError:
            return None

    def _rtc_set_us(self) -> bool:
        try:
            return (self._root / RTC_SET_US).read_text().strip() == "1"
        except OSError:
            return False


class LinuxSleeper:
    """A timed light sleep: the process waits in poll(2), the kernel idles the processor.

    `wake` writes to an eventfd and not to a `threading.Event`: a signal handler that runs inside `Event.wait` would
    wait for the lock that its own thread holds.
    """

    def __init__(self, slack_ms: float = 50.0, slack_path: Path = Path("/proc/self/timerslack_ns")) -> None:
        """Make the eventfd.

        Args:
            slack_ms: how late a long sleep may end, so that the kernel can fire several timers at once; sleeps shorter
                than a hundred times that keep the kernel's 50 us.
            slack_path: proc(5), `timerslack_ns`, of this process.
        """
        self._event_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._event_fd, select.POLLIN)
        self._slack_ns = round(slack_ms * 1e6)
        self._slack_path = slack_path
        self._slack_set_ns = DEFAULT_SLACK_NS

    def sleep(self, duration_s: float) -> float:
        """Wait until the time is over or `wake` is called; a wake before the sleep ends it at once."""
        if duration_s <= 0:
            return 0.0
        start_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        self._ease(duration_s)
        if self._poll.poll(min(duration_s * 1000, LONGEST_MS)):
            os.eventfd_read(self._event_fd)
        return time.clock_gettime(time.CLOCK_BOOTTIME) - start_s

    def wake(self) -> None:
        """End the current sleep, or the next one; safe in signal handlers and from any thread."""
        os.eventfd_write(self._event_fd, 1)

    def _ease(self, duration_s: float) -> None:
        """Let the timer be as late as this sleep bears; a kernel that refuses leaves the slack as it is."""
        slack_ns = self._slack_ns if duration_s * 1e7 >= self._slack_ns else DEFAULT_SLACK_NS
        if slack_ns == self._slack_set_ns:
            return
        self._slack_set_ns = slack_ns
        with contextlib.suppress(OSError):
            self._slack_path.write_text(str(slack_ns))

    def __del__(self) -> None:
        os.close(self._event_fd)
