"""AppArmor's confinement of mosquitto, and the way round it for brokers that come and go.

Ubuntu 25.04 and later let /usr/sbin/mosquitto read /etc/mosquitto alone, so that it finds no configuration of a demo
or a test. A profile is attached to a path: the same program at another path is not confined, which asks for no right.

Source: apparmor.d(5), "Profile head and attachment"; AppArmor 5.0, profiles/apparmor.d/mosquitto.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

ENABLED: Final = Path("/sys/module/apparmor/parameters/enabled")
PROFILES: Final = Path("/etc/apparmor.d")
NAMES: Final = ("mosquitto", "usr.sbin.mosquitto")


def unconfined(program: str, folder: Path, *, enabled: Path = ENABLED, profiles: Path = PROFILES) -> str:
    """Return what to start in place of mosquitto: itself, or a copy where a profile would hold it.

    Args:
        program: where mosquitto is.
        folder: takes the copy; that of the broker's own files, which goes when they go.
        enabled: holds `Y` where the kernel enforces profiles.
        profiles: the machine's profiles.
    """
    if not enabled.exists() or enabled.read_text().strip() != "Y":
        return program
    if not any((profiles / name).exists() for name in NAMES):
        return program
    copy = folder / "mosquitto"
    if not copy.exists():  # a broker that starts again may still be running it
        shutil.copy(program, copy)
    return str(copy)
