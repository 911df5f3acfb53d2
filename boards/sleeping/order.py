"""The order that takes the machine down: systemd's own to give.

Who is root gives it himself. A service without rights leaves a file in its runtime folder, which a path unit waits for
(`torpor-node unit` prints both): the service behind that takes the file away, and systemd powers off when it has. To
take the file away is to have decided, and one of two can: either the machine goes down, or the node has its wish back.

Source: systemd.path(5) PathExists=, systemd.unit(5) SuccessAction=, systemd.exec(5) RUNTIME_DIRECTORY.
"""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Final

from node.errors import HardwareError

POWEROFF: Final = ("systemctl", "poweroff")
"""Not `halt`: gpio-poweroff and power controllers act when the kernel powers off. A Pi 5 does the same for both."""
REBOOT: Final = ("systemctl", "reboot")
WISH: Final = "halt"
"""The file's name; the path unit has it too."""
TAKES_S: Final = 30.0
LOOKS_EVERY_S: Final = 0.05


def order_poweroff() -> None:
    """Have the machine powered off; returns before it is.

    Raises:
        HardwareError: nobody does it.
    """
    folder = os.environ.get("RUNTIME_DIRECTORY", "")
    if os.geteuid() and folder:
        leave_wish(Path(folder))
    else:
        _give(POWEROFF, "power off")


def order_reboot() -> None:
    """Have the machine restarted; init first tells everybody to end.

    Raises:
        HardwareError: it refuses, as it does a user without the right to.
    """
    _give(REBOOT, "restart the machine")


def leave_wish(folder: Path, patience_s: float = TAKES_S) -> None:
    """Leave the file, and wait until it was taken.

    Args:
        folder: the service's own, gone with it.
        patience_s: until it is taken back.

    Raises:
        HardwareError: it cannot be left, or nobody took it: the machine stays up.
    """
    wish = folder / WISH
    try:
        wish.touch()
    except OSError as error:
        raise HardwareError(f"{wish}: {error.strerror}; the node cannot say that it wants the machine off") from error
    end_s = time.monotonic() + patience_s
    while wish.exists():
        if time.monotonic() > end_s and _taken_back(wish):
            raise HardwareError(
                f"{wish}: nobody took it for {patience_s:.0f} s; "
                "is torpor-halt.path where `torpor-node unit --into` puts it?"
            )
        time.sleep(LOOKS_EVERY_S)  # noqa: TID251 - boards are where time really passes


def _taken_back(wish: Path) -> bool:
    try:
        wish.unlink()
    except FileNotFoundError:
        return False
    return True


def _give(order: tuple[str, ...], what: str) -> None:
    try:
        subprocess.run(order, check=True, capture_output=True, timeout=TAKES_S, text=True)  # noqa: S603 - a constant
    except (OSError, subprocess.SubprocessError) as error:
        said = str(getattr(error, "stderr", None) or error).strip()
        raise HardwareError(f"{' '.join(order)}: {said}; the node needs the right to {what}") from error
