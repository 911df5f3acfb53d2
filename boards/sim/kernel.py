"""A kernel's power files in a folder, which answer a write as the kernel would.

wakealarm   clears at 0, takes seconds or +seconds, is EBUSY while armed and EINVAL for what is past
state       sleeps in virtual time until the alarm, is EBUSY while a wake-up is pending and EINVAL for an unknown word
mem_sleep   moves the brackets
governors   take what is available; a core that goes offline takes its policy along, and the boot core stays
connectors  read as disconnected once they are forced off
"""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING

from boards.sleeping.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from boards.sim.clock import VirtualClock

RTC = "sys/class/rtc/rtc0"
CPU = "sys/devices/system/cpu"


class SimTree(Tree):
    """Files in a folder, and what the kernel does behind them."""

    def __init__(self, root: Path, clock: VirtualClock) -> None:
        """Take a folder, empty at first.

        Args:
            root: where.
            clock: the RTC's time; suspending advances it.
        """
        super().__init__(root)
        self._clock = clock
        self._policies: dict[str, str] = {}
        self.wakeup_pending = False
        self.woken_early_s: float | None = None
        self.written: list[tuple[str, str]] = []

    def fit(self, files: Mapping[str, str]) -> None:
        """Put files there, such as `{"sys/power/state": "freeze mem"}`."""
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(f"{text}\n")

    def fit_rtc(self) -> None:
        """Fit an RTC that sets alarms."""
        self.fit({f"{RTC}/wakealarm": "", f"{RTC}/since_epoch": "0", f"{RTC}/device/power/wakeup": "disabled"})

    def fit_cores(self, count: int) -> None:
        """Fit cores of one policy each, all online; core 0 has no switch."""
        for core in range(count):
            self.fit({f"{CPU}/cpufreq/policy{core}/scaling_governor": "ondemand"})
            if core:
                self.fit({f"{CPU}/cpu{core}/online": "1"})

    def _take(self, path: str) -> str:
        if path == f"{RTC}/since_epoch":
            return str(self._clock.wall_ms() // 1000)
        return super()._take(path)

    def _put(self, path: str, text: str) -> None:
        if not self.has(path):
            raise _refusal(errno.ENOENT)
        self.written.append((path, text))
        answers: dict[str, Callable[[str, str], str]] = {
            "wakealarm": self._wakealarm,
            "state": self._state,
            "mem_sleep": self._mem_sleep,
            "online": self._online,
            "status": _connector,
        }
        answer = answers.get(path.rpartition("/")[2])
        self.fit({path: answer(path, text) if answer else text})

    def _wakealarm(self, path: str, text: str) -> str:
        now_s = self._clock.wall_ms() // 1000
        if text == "0":
            return ""
        if self._take(path).strip():
            raise _refusal(errno.EBUSY)
        at_s = now_s + int(text) if text.startswith("+") else int(text)
        if at_s <= now_s:
            raise _refusal(errno.EINVAL)
        return str(at_s)

    def _state(self, path: str, text: str) -> str:
        """Sleep; the file itself does not change."""
        words = self._take(path).strip()
        if text not in words.split():
            raise _refusal(errno.EINVAL)
        alarm = self._take(f"{RTC}/wakealarm").strip() if self.has(f"{RTC}/wakealarm") else ""
        enabled = self.has(f"{RTC}/device/power/wakeup") and self.read(f"{RTC}/device/power/wakeup") == "enabled"
        if self.wakeup_pending or not (alarm and enabled):
            raise _refusal(errno.EBUSY)  # nothing would end it: the twin refuses to hang
        asleep_s = int(alarm) - self._clock.wall_ms() / 1000
        if self.woken_early_s is not None and self.woken_early_s < asleep_s:
            self._clock.advance(self.woken_early_s)
            return words
        self._clock.advance(asleep_s)
        self.fit({f"{RTC}/wakealarm": ""})  # it has rung
        return words

    def _mem_sleep(self, path: str, text: str) -> str:
        words = self._take(path).replace("[", "").replace("]", "").split()
        if text not in words:
            raise _refusal(errno.EINVAL)
        return " ".join(f"[{word}]" if word == text else word for word in words)

    def _online(self, path: str, text: str) -> str:
        """Take the core's policy away with it, and bring it back as it was."""
        core = path.split("/")[-2].removeprefix("cpu")
        policy = self.root / f"{CPU}/cpufreq/policy{core}"
        if text == "0" and policy.exists():
            self._policies[core] = (policy / "scaling_governor").read_text().strip()
            shutil.rmtree(policy)
        if text == "1" and core in self._policies:
            self.fit({f"{CPU}/cpufreq/policy{core}/scaling_governor": self._policies.pop(core)})
        return text


def _connector(_path: str, text: str) -> str:
    return "disconnected" if text == "off" else "connected"


def _refusal(number: int) -> OSError:
    return OSError(number, os.strerror(number))
