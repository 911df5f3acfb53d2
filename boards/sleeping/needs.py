"""What a board's file requires of a state, looked up on this machine.

A need is `kind:what`, by the law of `boards.schema`. What cannot be looked up does not hold: an EEPROM that tells
nothing halts with its defaults, at a hundred times the power.
"""

from __future__ import annotations

import re
import subprocess
from datetime import date
from typing import TYPE_CHECKING, Final

from node.errors import HardwareError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from boards.sleeping.tree import Tree

    Run = Callable[[Sequence[str]], str]

TAKES_S: Final = 10.0
CONFIGS: Final = ("boot/firmware/config.txt", "boot/config.txt")
WAKES_WITHOUT_STANDBY: Final = date(2025, 6, 29)
"""rpi-eeprom, firmware-2712/release-notes.md: "Enable RTC wakeup from POWER_OFF_ON_HALT=0"."""
DATE: Final = re.compile(r"\b(20\d\d)[/-](\d\d)[/-](\d\d)\b")


def run_program(argv: Sequence[str]) -> str:
    """Run a vendor's program and return what it prints.

    Raises:
        HardwareError: it is not there, fails or hangs.
    """
    try:
        done = subprocess.run(argv, check=True, capture_output=True, timeout=TAKES_S, text=True)  # noqa: S603 - constants of this room
    except FileNotFoundError as error:
        raise HardwareError(f"{' '.join(argv)}: {argv[0]} is not installed") from error
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", None) or "").strip()
        raise HardwareError(f"{' '.join(argv)}: {said or error}") from error
    return done.stdout


class Needs:
    """Answers once for each kind of need, and remembers: none of them changes without a reboot."""

    def __init__(self, tree: Tree, run: Run = run_program, controller: str = "none") -> None:
        """Look at nothing yet.

        Args:
            tree: the kernel's files.
            run: runs a vendor's program.
            controller: the power controller that is fitted and answers; `none` without one.
        """
        self._tree = tree
        self._run = run
        self._controller = controller
        self._said: dict[tuple[str, ...], str] = {}

    def holding(self, needs: Iterable[str]) -> frozenset[str]:
        """Return those that hold."""
        return frozenset(need for need in needs if self._holds(*need.split(":", 1)))

    def wakes_without_standby(self) -> bool:
        """Whether a Pi 5's bootloader lets the RTC end a halt that does not power off."""
        found = DATE.search(self._ask("vcgencmd", "bootloader_version"))
        return bool(found) and date(*map(int, found.groups())) >= WAKES_WITHOUT_STANDBY if found else False

    def _holds(self, kind: str, what: str) -> bool:
        match kind:
            case "path":
                return self._tree.has(what.lstrip("/"))
            case "state":
                return what in self._words("sys/power/state")
            case "mem_sleep":
                return what in self._words("sys/power/mem_sleep")
            case "eeprom":
                return what in self._ask("vcgencmd", "bootloader_config").split()
            case "nvpmodel":
                return f"NV Power Mode: {what}" in self._ask("nvpmodel", "-q").splitlines()
            case "boot":
                return any(what in self._words(path) for path in CONFIGS)
            case "controller":
                return self._controller != "none" and what in {"any", self._controller}
            case _:
                return False

    def _words(self, path: str) -> list[str]:
        try:
            return self._tree.read(path).replace("[", "").replace("]", "").split()
        except HardwareError:
            return []

    def _ask(self, *argv: str) -> str:
        if argv not in self._said:
            try:
                self._said[argv] = self._run(argv)
            except HardwareError:
                self._said[argv] = ""
        return self._said[argv]
