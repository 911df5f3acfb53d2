"""A subject's work on a folder, seen by the process that does it: each write, each name, each fsync, in order.

    python -m tools.powercut.witness SUBJECT

The interpreter tells before anything happens to a name (`sys.addaudithook`), and is asked to fsync by one door; at each
of them the folder is compared with what it was. Nothing of the product knows. It wants a process of its own, for a hook
cannot be taken back. What it prints is the list of events, pickled.
"""

from __future__ import annotations

import os
import pickle
import stat
import sys
import tempfile
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from tools.powercut.controls import CONTROLS
from tools.powercut.log import Flush, Mark, Named, Resize, Write
from tools.powercut.subjects import SUBJECTS
from tools.powercut.tree import FILE, FOLDER, LINK, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.powercut.log import Event
    from tools.powercut.tree import Names


class Witness:
    """Remembers what a folder held when it was last looked at.

    Attributes:
        events: what happened since the beginning.
    """

    def __init__(self, folder: Path) -> None:
        """Look at an empty folder for the first time."""
        self.events: list[Event] = []
        self._folder = folder
        self._numbers = count(1)
        self._known = {folder.stat().st_ino: ROOT}
        self._names: Names = {}
        self._contents: dict[str, bytes] = {}
        self._is_looking = False

    def hook(self, event: str, _args: tuple[object, ...]) -> None:
        """Look, before something happens to a name."""
        if not self._is_looking and (event == "open" or event.startswith("os.")):
            self.look()

    def fsync(self, file: int) -> None:
        """Note that what a descriptor leads to is safe; the real disk need not be asked, for nobody cuts its power."""
        self.look()
        what = self._known.get(os.fstat(file).st_ino)
        if what is not None:
            self.events.append(Flush(what))

    def promise(self, words: str) -> None:
        """Note a promise."""
        self.look()
        self.events.append(Mark(words))

    def look(self) -> None:
        """Note how the folder differs from what it was: by one change of names at most, and by what was written."""
        self._is_looking = True
        try:
            paths = dict(self._seen(self._folder, ROOT))
            names = {at: what for at, (what, _) in paths.items()}
            changed = {at: names.get(at, "") for at in {*names, *self._names} if names.get(at) != self._names.get(at)}
            if changed:
                self.events.append(Named(tuple((*at, what) for at, what in changed.items())))
            self._names = names
            for what, path in paths.values():
                if what.startswith(FILE):
                    self._compare(what, path.read_bytes())
            self._known = {ino: what for ino, what in self._known.items() if what == ROOT or what in names.values()}
        finally:
            self._is_looking = False

    def _seen(self, folder: Path, what: str) -> Iterator[tuple[tuple[str, str], tuple[str, Path]]]:
        """Give all that is below a folder: where, what it is, and its path."""
        for path in folder.iterdir():
            found = path.lstat()
            if stat.S_ISLNK(found.st_mode):
                yield (what, path.name), (f"{LINK}{path.readlink()}", path)
                continue
            is_folder = stat.S_ISDIR(found.st_mode)
            if found.st_ino not in self._known:
                self._known[found.st_ino] = f"{FOLDER if is_folder else FILE}{next(self._numbers)}"
            own = self._known[found.st_ino]
            yield (what, path.name), (own, path)
            if is_folder:
                yield from self._seen(path, own)

    def _compare(self, what: str, now: bytes) -> None:
        """Note what was written to a file, as one write from the first byte that is another to the last."""
        before = self._contents.get(what, b"")
        self._contents[what] = now
        if len(now) < len(before):
            self.events.append(Resize(what, len(now)))
        longest = max(len(now), 1)
        old, new = before[:longest].ljust(len(now), b"\0"), now
        first = next((at for at in range(len(new)) if old[at] != new[at]), len(new))
        first = min(first, len(before)) if len(now) > len(before) else first
        if first < len(new):
            self.events.append(Write(what, first, new[first:]))


def main(name: str) -> None:
    """Work, and print what was seen."""
    subject = {**SUBJECTS, **CONTROLS}[name]
    with tempfile.TemporaryDirectory(prefix="torpor-witness-") as folder:
        witness = Witness(Path(folder))
        os.fsync = witness.fsync  # type: ignore[assignment]  # nobody here has but descriptors
        sys.addaudithook(witness.hook)
        subject.work(Path(folder), witness.promise)
        events = list(witness.events)
    sys.stdout.buffer.write(pickle.dumps(events))


if __name__ == "__main__":
    main(*sys.argv[1:])
