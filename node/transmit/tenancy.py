"""Tenancy: one process at a time has the outbox of a folder.

Two that share it overwrite one another's series, and records stand under the other's name: `run --once` by hand, beside
the service, would do. The mark is a socket that has no file, named after the folder: it ends with its process, however
that ends, and holds no file system that wants to be unmounted. Within one process it may be had more than once.

Source: unix(7), "Abstract"; they are seen within one network namespace.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from pathlib import Path

_held: WeakValueDictionary[str, Tenancy] = WeakValueDictionary()


class TakenError(OSError):
    """Another process has the folder."""


class Tenancy:
    """A folder that is ours for as long as this object lives."""

    def __init__(self, name: str) -> None:
        """Take it.

        Args:
            name: the same for all who want the same folder.

        Raises:
            OSError: another process has it.
        """
        self._mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._mark.bind(f"\0{name}")
        except OSError:
            self._mark.close()
            raise

    def __del__(self) -> None:
        """Give it back."""
        self._mark.close()


def taken(folder: Path) -> Tenancy:
    """Take a folder.

    Args:
        folder: which exists.

    Raises:
        TakenError: another process has it.
        OSError: it cannot be looked at.
    """
    found = folder.stat()
    name = f"torpor-outbox-{found.st_dev}-{found.st_ino}"
    ours = _held.get(name)
    if ours is None:
        try:
            ours = _held[name] = Tenancy(name)
        except OSError as error:
            raise TakenError("another process has it; end one, or give this node a state_dir of its own") from error
    return ours
