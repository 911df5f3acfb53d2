"""Programs from the distribution's packages: installed where that is allowed, else spelt out for a person."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools.bootstrap.steps import SetupError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.bootstrap.steps import Steps

BROKER: Final = {"mosquitto": "mosquitto", "mosquitto_sub": "mosquitto-clients"}
"""Program to package, by the names that Debian, Ubuntu and Raspberry Pi OS share."""

# The lock waits for the unattended upgrade that a fresh machine is busy with.
APT: Final = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=120")
SYSTEMD: Final = Path("/run/systemd/system")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where programs are looked for, and who asks.

    Attributes:
        path: folders, as in PATH.
        is_root: whether installing needs no further right.
        can_ask: whether somebody could type a password.
    """

    path: str
    is_root: bool
    can_ask: bool

    def find(self, program: str) -> str | None:
        """Return where a program is."""
        return shutil.which(program, path=self.path)

    def may(self, *sudo: str) -> bool:
        """Whether `sudo` says yes; with `-v` it may ask for a password on the terminal."""
        program = self.find("sudo")
        if program is None:
            return False
        quiet = subprocess.DEVNULL if "-n" in sudo else None
        return subprocess.run([program, *sudo], check=False, stdout=quiet, stderr=quiet).returncode == 0


def this_machine() -> Machine:
    """Return the machine that this runs on; Debian's mosquitto is where only root's PATH would show it."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"))
    return Machine(path=path, is_root=os.geteuid() == 0, can_ask=sys.stdin.isatty())


def require(
    steps: Steps, machine: Machine, *programs: str, others: Sequence[str] = (), welcome: Sequence[str] = ()
) -> None:
    """Install, all at once, what is missing: the broker's packages if one of these programs is, and others.

    Args:
        steps: shows the progress.
        machine: to look on, and to install on.
        programs: keys of BROKER.
        others: packages that are known to be missing.
        welcome: programs, named like their packages, that come along when something must be installed; alone they
            are no reason to ask for a password, nor to fail without a network.

    Raises:
        SetupError: there is no right to install, or no apt-get; the message holds the exact command.
    """
    missing = list(others)
    if all(machine.find(program) for program in programs):
        steps.note(f"{' and '.join(programs)} {'is' if len(programs) == 1 else 'are'} installed")
    else:
        missing += [package for program, package in BROKER.items() if machine.find(program) is None]
    if not missing:
        return
    install(steps, machine, [*missing, *(program for program in welcome if machine.find(program) is None)])
    if "mosquitto" in missing and SYSTEMD.exists():
        # Debian starts a system-wide broker with the package; ours come and go with those who asked for them.
        stop = [*_rights(machine, missing), "systemctl", "disable", "--now", "mosquitto"]
        steps.run("stopping the broker that came with the package", stop)


def install(steps: Steps, machine: Machine, packages: Sequence[str]) -> None:
    """Install packages with apt-get; on a machine that never fetched its lists, fetch them first.

    Raises:
        SetupError: as in `require`.
    """
    rights = _rights(machine, packages)
    command = [*rights, *APT, "install", "-y", "--no-install-recommends", *packages]
    what = f"installing {' and '.join(packages)} from the distribution's packages"
    env = {**os.environ, "PATH": machine.path}
    try:
        steps.run(what, command, env)
    except SetupError:
        steps.run("fetching the lists of packages", [*rights, *APT, "update"], env)
        steps.run(what, command, env)


def _rights(machine: Machine, packages: Sequence[str]) -> list[str]:
    """Return what to put before a command that root must run."""
    wanted = " ".join(packages)
    if machine.find("apt-get") is None:
        raise SetupError(f"Missing: {wanted}. Install them with this system's own tools, then run this again.", 2)
    if machine.is_root:
        return []
    if machine.may("-n", "true") or (machine.can_ask and machine.may("-v")):
        return ["sudo", "-n"]
    fetch, get = "apt-get update", f"apt-get install -y --no-install-recommends {wanted}"
    command = f"sudo {fetch} && sudo {get}" if machine.find("sudo") else f"su -c '{fetch} && {get}'"
    raise SetupError(
        f"Missing: {wanted}, and no right to install. Run this, then the same command again:\n\n    {command}\n", 2
    )
