"""What a trial of power cuts is about: something that keeps promises on a disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from pathlib import Path

Promise = Callable[[str], None]
"""Tells the world that something is safe now; the words are the subject's own."""


class Finding(NamedTuple):
    """What a check found.

    Attributes:
        lost: promises that are not kept.
        corrupt: things that are there and are not what was written.
        what: for a person; empty where all is well.
    """

    lost: int = 0
    corrupt: int = 0
    what: str = ""


class Subject(Protocol):
    """A part of the product on a disk that may lose its power."""

    @property
    def name(self) -> str:
        """In one word."""
        ...

    def work(self, folder: Path, promise: Promise) -> None:
        """Live for a while, and promise nothing before it is safe.

        Args:
            folder: an empty file system.
            promise: takes what is safe from now on.
        """
        ...

    def check(self, folder: Path, promised: Sequence[str]) -> Finding:
        """Start again as the product would after a power cut, look at everything, and close it.

        Args:
            folder: the file system as the cut left it, recovered by the kernel.
            promised: what had been promised before the cut, in order.
        """
        ...


class Row(NamedTuple):
    """What the cuts of one subject came to.

    Attributes:
        subject: its name.
        cuts: how many there were.
        lost: promises not kept, of all cuts.
        corrupt: things found damaged, of all cuts.
        failures: cuts after which something was lost or corrupt.
        promises: made in the whole of the work.
        writes: that its disk took.
        flushes: that its disk took.
        example: the first thing that was found.
    """

    subject: str
    cuts: int
    lost: int
    corrupt: int
    failures: int
    promises: int
    writes: int
    flushes: int
    example: str
