"""Recordings: what was sensed once, to be sensed again. One file per kind of file, and the player.

A `Recording` knows its channels and gives `Take`s in order; the player decides which of them a read is given.
To add a kind: a file with a `Params` and a class that is a `Recording`, and a line in `node.sense.replay`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from node.values import Channel, Reading


class Take(Protocol):
    """One item of a recording: a row, a block of sound, a picture. Decoded only when it is read."""

    def time_s(self) -> float:
        """Seconds at which it was recorded, counted from anywhere; never decreasing along a recording."""
        ...

    def reading(self) -> Reading:
        """Decode it."""
        ...


class Recording(Protocol):
    """A file, or a folder of them. Constructed without opening anything."""

    @property
    def channels(self) -> Sequence[Channel]:
        """The scalars of every take; the first look may open the file, and raises nothing where there is none."""
        ...

    @property
    def period_s(self) -> float:
        """How long the last take lasts, which no next one tells."""
        ...

    def takes(self) -> Iterator[Take]:
        """Go through it from the start."""
        ...
