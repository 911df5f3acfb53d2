"""Light sleep: the node waits, and what it does not need meanwhile is off.

Each saving is a few settings in the kernel's files. What was set before is put back when the nap ends, the last first:
a policy's governor is gone while all its cores are offline (Documentation/admin-guide/pm/cpufreq.rst). A saving that is
refused, or that finds nothing to turn off, costs nothing but itself: it is remembered with its reason, and the nap goes
on. What a board draws in light sleep may hang on a saving (`saving:hdmi` among the requirements of its `light`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from boards.sleeping.needs import run_program
from boards.sleeping.power_save import PowerSave
from node.errors import HardwareError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from boards.sleeping.needs import Run
    from boards.sleeping.tree import Tree

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """Files that get a value for the time of a nap.

    Attributes:
        pattern: a glob that finds them.
        value: what is written.
        shows: what they read then; None for the value itself.
        back: what is written afterwards; None for what stood there.
        beside: (file in the same folder, its content): only where this is so.
    """

    pattern: str
    value: str
    shows: str | None = None
    back: str | None = None
    beside: tuple[str, str] | None = None


SAVINGS: Final = {
    "governor": Saving(pattern="sys/devices/system/cpu/cpufreq/policy*/scaling_governor", value="powersave"),
    "cores": Saving(pattern="sys/devices/system/cpu/cpu[0-9]*/online", value="0"),
    "wifi": Saving(pattern="sys/class/rfkill/rfkill*/soft", value="1", beside=("type", "wlan")),
    "bluetooth": Saving(pattern="sys/class/rfkill/rfkill*/soft", value="1", beside=("type", "bluetooth")),
    # DRM connector: "off" forces it off, and it then reads as nothing plugged in; "detect" lets it look again.
    "hdmi": Saving(pattern="sys/class/drm/card*-HDMI-A-*/status", value="off", shows="disconnected", back="detect"),
    "usb": Saving(pattern="sys/bus/usb/devices/*/power/control", value="auto"),
}
"""In the order in which they are applied. `cores` leaves the boot core, which has no such file where it must stay."""

POWER_SAVE: Final = "wifi_power_save"
"""The one saving that is no file; see `power_save.py`."""
BOOT_CORE: Final = "sys/devices/system/cpu/cpu0/online"


class Light:
    """Waits with savings.

    Attributes:
        refused: the savings that the last nap did without, and why.
    """

    def __init__(self, tree: Tree, names: Sequence[str], run: Run = run_program) -> None:
        """Touch nothing yet.

        Args:
            tree: the kernel's files.
            names: which of SAVINGS, and `wifi_power_save`.
            run: runs a program.
        """
        self._tree = tree
        self._savings = {name: saving for name, saving in SAVINGS.items() if name in names}
        self._power_save = PowerSave(tree, run) if POWER_SAVE in names else None
        self._before: list[tuple[str, str]] = []
        self.refused: dict[str, str] = {}

    @property
    def needs(self) -> frozenset[str]:
        """What holds of a board's needs: those savings that were asked for, and not refused when last tried."""
        asked = {*self._savings, *([POWER_SAVE] if self._power_save else [])}
        return frozenset(f"saving:{name}" for name in asked - self.refused.keys())

    def sleep(self, duration_s: float, wait: Callable[[float], float]) -> float:
        """Wait with everything off that may be, and put it back; returns the seconds waited."""
        try:
            for name, saving in self._savings.items():
                self._attempt(name, partial(self._turn_off, saving))
            if self._power_save is not None:
                self._attempt(POWER_SAVE, self._power_save.on)
            return wait(duration_s)
        finally:
            self._restore()

    def _files(self, saving: Saving) -> Iterator[str]:
        for path in self._tree.find(saving.pattern):
            if saving.beside is None:
                if path != BOOT_CORE:
                    yield path
                continue
            name, content = saving.beside
            if self._tree.read(f"{path.rpartition('/')[0]}/{name}") == content:
                yield path

    def _turn_off(self, saving: Saving) -> None:
        """Set all of a saving's files; one that refuses does not keep the others from it.

        Raises:
            HardwareError: there is none, or the first that refused.
        """
        files, errors = list(self._files(saving)), []
        for path in files:
            try:
                self._apply(saving, path)
            except HardwareError as error:
                errors.append(error)
        if not files:
            beside = " of {1} {0}".format(*saving.beside) if saving.beside else ""
            raise HardwareError(f"/{saving.pattern}: there is none{beside} to turn off")
        if errors:
            raise errors[0]

    def _apply(self, saving: Saving, path: str) -> None:
        """Set one file, and note what to put back; nothing is done where it is off already."""
        found = self._tree.read(path)
        if found != (saving.shows or saving.value):
            self._before.append((path, saving.back or found))
            self._tree.set(path, saving.value, saving.shows)

    def _attempt(self, what: str, work: Callable[[], None]) -> None:
        """Do without a saving that is refused, and remember why."""
        try:
            work()
        except HardwareError as error:
            if what not in self.refused:
                log.info("light sleep does without a saving: %s", error)
            self.refused[what] = str(error)
        else:
            self.refused.pop(what, None)

    def _restore(self) -> None:
        """Put back, the last first; what cannot be put back now is tried again after the next nap."""
        try:
            if self._power_save is not None:
                self._power_save.back()
        except HardwareError as error:
            log.warning("after light sleep: %s", error)
        stuck = []
        while self._before:
            path, value = self._before.pop()
            try:
                self._tree.write(path, value)
            except HardwareError as error:
                log.warning("after light sleep: %s", error)
                stuck.append((path, value))
        self._before = stuck[::-1]
