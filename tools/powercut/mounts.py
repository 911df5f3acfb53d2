"""Mounting, by util-linux's own programs."""

from __future__ import annotations

import ctypes
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_S: Final = 60.0
CLONE_NEWNS: Final = 0x20000
"""From linux/sched.h."""


def ext4(device: Path) -> None:
    """Make an ext4 file system as Debian would, on a file or a device.

    Raises:
        OSError: mkfs refuses.
    """
    _do("mkfs.ext4", "-q", "-F", "-b", "4096", str(device))


@contextmanager
def mounted(image: Path, folder: Path) -> Iterator[None]:
    """Mount an image through a loop device, which goes with the mount.

    Raises:
        OSError: the kernel finds no file system that it could recover.
    """
    folder.mkdir(exist_ok=True)
    _do("mount", "-t", "ext4", "-o", "loop", str(image), str(folder))
    try:
        yield
    finally:
        unmount(folder)


def memory(folder: Path) -> None:
    """Put a file system of the machine's memory at a folder."""
    _do("mount", "-t", "tmpfs", "tmpfs", str(folder))


def part() -> None:
    """Leave the namespace of mounts that this process shares with others, keeping a copy."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS):  # os.unshare is of Python 3.12
        raise OSError(ctypes.get_errno(), "no mount namespace of its own")


def join(namespace: int) -> None:
    """Go back to a namespace of mounts, and to its root.

    Args:
        namespace: a descriptor of it.

    Raises:
        OSError: the kernel refuses.
    """
    if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNS):  # os.setns is of Python 3.12
        raise OSError(ctypes.get_errno(), "not back in the namespace of mounts")


def flush(folder: Path) -> None:
    """Have the file system of a folder write all that it holds back."""
    _do("sync", "--file-system", str(folder))


def unmount(folder: Path) -> None:
    """Take off what is mounted at a folder.

    Raises:
        OSError: it is in use.
    """
    _do("umount", str(folder))


def _do(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    if done.returncode:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip() or f'exit code {done.returncode}'}")
