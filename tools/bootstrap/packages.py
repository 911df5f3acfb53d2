"""Programs from the distribution's packages: asked for, installed where that is allowed, else spelt out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools.bootstrap.steps import SetupError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.bootstrap.steps import Steps

BROKER: Final = {"mosquitto": "mosquitto", "mosquitto_sub": "mosquitto-clients"}
"""Program to Debian package."""

# The lock waits for the unattended upgrade that a fresh machine is busy with.
APT: Final = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=120")


def find(program: str) -> str | None:
    """Return the path of a program, also where only root's PATH would show it (Debian's mosquitto)."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")


def require(steps: Steps, *programs: str) -> None:
    """Install the broker's packages where one of these programs is not there.

    Args:
        steps: shows the progress.
        programs: keys of BROKER.

    Raises:
        SetupError: there is no right to install, or no apt-get; the message holds the exact command.
    """
    if all(find(program) for program in programs):
        steps.note(f"{' and '.join(programs)} {'is' if len(programs) == 1 else 'are'} installed")
        return
    missing = [package for program, package in BROKER.items() if find(program) is None]
    install(steps, missing)
    if "mosquitto" in missing and Path("/run/systemd/system").exists():
        # Debian starts a system-wide broker with the package; ours come and go with those who asked for them.
        steps.run("stopping the packaged broker", [*_rights(missing), "systemctl", "disable", "--now", "mosquitto"])


def install(steps: Steps, packages: Sequence[str]) -> None:
    """Install packages with apt-get; on a machine that never fetched its lists, fetch them first.

    Raises:
        SetupError: as in `require`.
    """
    command = [*_rights(packages), *APT, "install", "-y", "--no-install-recommends", *packages]
    what = f"installing {' and '.join(packages)} from the distribution's packages"
    try:
        steps.run(what, command)
    except SetupError:
        steps.run("fetching the lists of packages", [*_rights(packages), *APT, "update"])
        steps.run(what, command)


def _rights(packages: Sequence[str]) -> list[str]:
    """Return what to put before a command that root must run."""
    if shutil.which("apt-get") is None:
        raise SetupError(f"Missing: {', '.join(packages)}. Install with your system's packages and run this again.", 2)
    if os.geteuid() == 0:
        return []
    if _sudo("-n", "true") or (sys.stdin.isatty() and _sudo("-v")):
        return ["sudo", "-n"]
    wanted = " ".join(packages)
    raise SetupError(
        f"Missing: {wanted}, and no right to install. Run this, then the same command again:\n\n"
        f"    sudo apt-get update && sudo apt-get install -y --no-install-recommends {wanted}\n",
        2,
    )


def _sudo(*words: str) -> bool:
    """Whether sudo says yes; with `-v` it may ask for a password on the terminal."""
    if shutil.which("sudo") is None:
        return False
    quiet = subprocess.DEVNULL if "-n" in words else None
    return subprocess.run(["sudo", *words], check=False, stdout=quiet, stderr=quiet).returncode == 0
