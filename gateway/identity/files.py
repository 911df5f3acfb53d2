"""Files of an authority: there whole, also after a power cut, and read by their owner alone."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gateway.errors import ConfigError, Problem
from node import durable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Have an authority's folder to oneself, among all processes, for what is read here and written back.

    The gateway that enrols and the operator's commands write the same lists: one that was read before another's was
    written would take the other's revocation back. Not to be entered twice.

    Raises:
        ConfigError: there is no such folder.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise ConfigError([Problem(str(folder), f"{error.strerror}; `torpor-gateway init DIR` makes it")]) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write(path: Path, data: bytes) -> None:
    """Replace a file, durably, mode 0600.

    Raises:
        ConfigError: the disk refuses; the old file is still there.
    """
    try:
        durable.write(path, data)
    except OSError as error:
        raise ConfigError([Problem(str(path), f"{error.strerror}; check the folder's owner and the disk")]) from error


def version(path: Path) -> tuple[int, int, int]:
    """Return what changes whenever a file is replaced; two in one tick of the kernel's clock differ by their inode.

    Raises:
        OSError: it is not there.
    """
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def read(path: Path) -> bytes:
    """Read a file of an authority.

    Raises:
        ConfigError: it is not there, or not for this user.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        hint = "`torpor-gateway init DIR` makes a site's identity; one begun with --plain has none"
        raise ConfigError([Problem(str(path), f"{error.strerror}; {hint}")]) from error
