"""A tree of files as a power cut leaves it: what names lead to, beside what files hold.

A name is its folder's contents, and safe once the folder was flushed after it; to flush the file does nothing for it. A
rename is done or not, also between two folders, as in every file system with a journal; which of several changes that
were not flushed are there is anybody's guess. Folders are there as soon as they are made: that is the first start's.

Source: POSIX.1-2017, fsync() and rename(); Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from tools.powercut.log import Flush, Keep, Named, left

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tools.powercut.log import Cut, Event

ROOT: Final = "folder 0"
FOLDER: Final = "folder "
FILE: Final = "file "
LINK: Final = "link to "

Names = dict[tuple[str, str], str]
"""Folder and name to what is there, by the words that tell it from all others; a link's are where it leads."""


def names(events: Sequence[Event], cut: Cut) -> Names:
    """Return which names a power cut leaves.

    Args:
        events: what happened, in order.
        cut: when it ended.
    """
    past = events[: cut.at]
    flushed = {event.file: place for place, event in enumerate(past) if isinstance(event, Flush)}
    rng = Random(cut.seed)
    found: Names = {}
    for place, event in enumerate(past):
        if not isinstance(event, Named):
            continue
        is_safe = all(place < flushed.get(folder, -1) or what.startswith(FOLDER) for folder, _, what in event.changes)
        if is_safe or cut.keep is Keep.ALL or (cut.keep is Keep.SOME and rng.random() < 0.5):
            found.update({(folder, name): what for folder, name, what in event.changes})
    return {at: what for at, what in found.items() if what}


def plant(folder: Path, events: Sequence[Event], cut: Cut) -> None:
    """Put what a power cut leaves into a folder.

    Args:
        folder: an empty one.
        events: what happened, in order.
        cut: when it ended.
    """
    _plant(folder, ROOT, names(events, cut), left({}, events, cut))


def _plant(path: Path, folder: str, found: Names, contents: Mapping[str, bytearray]) -> None:
    for (within, name), what in found.items():
        if within != folder:
            continue
        if what.startswith(FOLDER):
            (path / name).mkdir()
            _plant(path / name, what, found, contents)
        elif what.startswith(LINK):
            (path / name).symlink_to(what.removeprefix(LINK))
        else:
            (path / name).write_bytes(contents.get(what, b""))
