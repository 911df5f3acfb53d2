"""The log of a disk, and what a power cut leaves of it.

A disk may keep what it was given until it is told to flush; until then it may have written all of it, none, or any
part, in any order. A sector (512 B) is written whole or not at all; what is longer may be torn between two.

Source: dm-log-writes and CrashMonkey (OSDI 2018) for the method; SQLite's "Atomic Commit", 2.0, for the disk.
"""

from __future__ import annotations

import enum
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECTOR_BYTES: Final = 512
TORN: Final = 0.3
"""Share of the unflushed writes that a cut tears."""


class Write(NamedTuple):
    """Bytes given to a file, which may be a whole disk."""

    file: str
    offset: int
    data: bytes


class Resize(NamedTuple):
    """A new length for a file."""

    file: str
    size_bytes: int


class Flush(NamedTuple):
    """All of a file's earlier writes are on the medium."""

    file: str


class Named(NamedTuple):
    """Names changed at once: something was made, renamed or removed.

    Attributes:
        changes: folder, name, and what is there now; empty for nothing. See `tree`.
    """

    changes: tuple[tuple[str, str, str], ...]


class Mark(NamedTuple):
    """The subject has promised something to the world."""

    words: str


Event = Write | Resize | Flush | Named | Mark


class Keep(enum.Enum):
    """What the disk had done of its own accord with the writes since the last flush."""

    NONE = "none"
    SOME = "some"
    ALL = "all"


class Cut(NamedTuple):
    """One power cut.

    Attributes:
        at: how many events had happened.
        keep: what of the unflushed writes is there.
        seed: which, where it is some.
    """

    at: int
    keep: Keep
    seed: int


def left(base: Mapping[str, bytes], events: Sequence[Event], cut: Cut) -> dict[str, bytearray]:
    """Return the files that a power cut leaves.

    Args:
        base: their contents before the first event.
        events: what happened, in order.
        cut: when it ended.
    """
    files = {name: bytearray(contents) for name, contents in base.items()}
    past = events[: cut.at]
    flushed = {event.file: place for place, event in enumerate(past) if isinstance(event, Flush)}
    rng = Random(cut.seed)
    for place, event in enumerate(past):
        if isinstance(event, Flush):
            files.setdefault(event.file, bytearray())
        elif isinstance(event, Write | Resize):
            if place < flushed.get(event.file, -1) or cut.keep is Keep.ALL:
                _apply(files, event)
            elif cut.keep is Keep.SOME and rng.random() < 0.5:
                _apply(files, _torn(event, rng))
    return files


def promised(events: Sequence[Event], cut: Cut) -> list[str]:
    """Return what had been promised before a cut, in order."""
    return [event.words for event in events[: cut.at] if isinstance(event, Mark)]


def _torn(event: Write | Resize, rng: Random) -> Write | Resize:
    """Return what is there of a write in whose middle the power may have gone."""
    if isinstance(event, Resize) or len(event.data) <= SECTOR_BYTES or rng.random() > TORN:
        return event
    sectors = rng.randrange(1, -(-len(event.data) // SECTOR_BYTES))
    return event._replace(data=event.data[: sectors * SECTOR_BYTES])


def _apply(files: dict[str, bytearray], event: Write | Resize) -> None:
    file = files.setdefault(event.file, bytearray())
    size_bytes = event.size_bytes if isinstance(event, Resize) else event.offset + len(event.data)
    if size_bytes > len(file):
        file.extend(bytes(size_bytes - len(file)))
    if isinstance(event, Resize):
        del file[event.size_bytes :]
    else:
        file[event.offset : event.offset + len(event.data)] = event.data
