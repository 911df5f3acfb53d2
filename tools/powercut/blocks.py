"""The tier of blocks: ext4 on a loop device on a disk that logs every write and every flush."""

from __future__ import annotations

import ctypes.util
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tools.powercut.subject import Row

PATIENCE_S: Final = 300.0
"""For one subject; a cell that hangs is killed, and the kernel takes what it mounted."""
PROGRAMS: Final = ("setpriv", "unshare", "mount", "umount", "mkfs.ext4", "sync")
ALONE: Final = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
)
"""Dies with us, and everything inside dies with it."""


def missing() -> str:
    """Return why this tier cannot run here; empty where it can."""
    if os.geteuid():
        return "only root may mount"
    for device in ("/dev/fuse", "/dev/loop-control"):
        if not Path(device).exists():
            return f"there is no {device}"
    absent = [program for program in PROGRAMS if shutil.which(program, path=_path()) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    if importlib.util.find_spec("mfusepy") is None or not ctypes.util.find_library("fuse3"):
        return "mfusepy or libfuse is missing: pip install '.[tools]' and apt-get install fuse3"
    probe = subprocess.run([*ALONE, "true"], capture_output=True, text=True, check=False, env=_env())
    return f"no namespaces: {probe.stderr.strip()}" if probe.returncode else ""


def trial(name: str, cuts: int, seed: int) -> Row:
    """Cut the power of one subject or control.

    Args:
        name: of the subject.
        cuts: how often.
        seed: where and how.

    Raises:
        RuntimeError: the trial itself failed.
    """
    return Row(*json.loads(in_cell("tools.powercut.cell", name, str(cuts), str(seed))))


def in_cell(module: str, *words: str) -> str:
    """Run a program of this room where its mounts are its own, and return the last line that it prints.

    Raises:
        RuntimeError: it failed.
    """
    command = [*ALONE, sys.executable, "-m", module, *words]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=PATIENCE_S,
        env=_env(),
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join((module, *words))} ended with {done.returncode}; its own words stand above")
    return done.stdout.splitlines()[-1]


def _env() -> dict[str, str]:
    return {**os.environ, "PATH": _path()}


def _path() -> str:
    """PATH with the folders of root's programs, which some shells leave out."""
    return os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
