"""Wi-Fi power save through `iw`: no file of the kernel's sets it, nl80211 does.

With it a radio that is joined sleeps between beacons: a Zero 2 W then draws what it draws with its radio blocked, and
160 mW more without (OTCamera#70). It is a setting of the interface and not of the connection, and some daemons set it
anew at each connection: so it is asked for at every nap, and asked back.

Source: iw(8), `dev <devname> set power_save <on|off>` and `get power_save`, which prints "Power save: on" or "off".
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from boards.sleeping.needs import run_program
from node.errors import HardwareError

if TYPE_CHECKING:
    from boards.sleeping.needs import Run
    from boards.sleeping.tree import Tree

WIRELESS: Final = "sys/class/net/*/phy80211"
"""A network interface has this link where it is a wireless one (cfg80211)."""
SAYS: Final = "Power save: "


class PowerSave:
    """Turns power save on for the time of a nap, on every wireless interface that has it off."""

    def __init__(self, tree: Tree, run: Run = run_program) -> None:
        """Touch nothing yet.

        Args:
            tree: names the interfaces.
            run: runs `iw`.
        """
        self._tree = tree
        self._run = run
        self._turned: list[str] = []

    def on(self) -> None:
        """Turn it on, and read it back.

        Raises:
            HardwareError: there is no wireless interface, `iw` is not there or not allowed to, or it stays off.
        """
        interfaces = [path.split("/")[3] for path in self._tree.find(WIRELESS)]
        if not interfaces:
            raise HardwareError(f"/{WIRELESS}: there is no wireless interface to save power on")
        for each in interfaces:
            if each not in self._turned and not self._is_on(each):
                self._turn(each)

    def back(self) -> None:
        """Turn it off again where it was.

        Raises:
            HardwareError: an interface does not take it; it is tried again after the next nap.
        """
        while self._turned:
            self._set(self._turned[-1], "off")
            self._turned.pop()

    def _turn(self, interface: str) -> None:
        try:
            self._set(interface, "on")
        except HardwareError:
            with contextlib.suppress(HardwareError):  # the first reason is the one to tell
                self._set(interface, "off")
            raise
        self._turned.append(interface)

    def _set(self, interface: str, word: str) -> None:
        self._run(("iw", "dev", interface, "set", "power_save", word))
        if self._is_on(interface) is not (word == "on"):
            raise HardwareError(f"iw dev {interface} set power_save {word}: it was taken, and it reads otherwise")

    def _is_on(self, interface: str) -> bool:
        argv = ("iw", "dev", interface, "get", "power_save")
        told = self._run(argv).strip()
        if told not in {f"{SAYS}on", f"{SAYS}off"}:
            raise HardwareError(f"{' '.join(argv)}: {told[:60]!r} says neither on nor off")
        return told == f"{SAYS}on"
