"""A file that is replaced by a newer version of itself, again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools.powercut.subject import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.powercut.subject import Promise

VERSIONS: Final = 40
DAMAGED: Final = -1
"""What `read` returns where there is a file, and no version can be read from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """Promises that what was written last is what will be read.

    Attributes:
        name: of the subject.
        write: stores a version, from 1 on, in a folder; what it returned from is promised.
        read: returns the version in a folder; 0 for none, DAMAGED.
    """

    name: str
    write: Callable[[Path, int], None]
    read: Callable[[Path], int]

    def work(self, folder: Path, promise: Promise) -> None:
        """Store one version after the other."""
        state = _state(folder)
        state.mkdir()
        for version in range(1, VERSIONS + 1):
            self.write(state, version)
            promise(str(version))

    def check(self, folder: Path, promised: Sequence[str]) -> Finding:
        """Expect the last version that was promised, or the one that was just being written."""
        wanted, found = int(promised[-1]) if promised else 0, self.read(_state(folder))
        if found == DAMAGED:
            return Finding(corrupt=1, what="the file cannot be read")
        if found < wanted:
            return Finding(lost=1, what=f"version {found} instead of {wanted}" if found else f"no file; {wanted} was")
        return Finding()


def _state(folder: Path) -> Path:
    return folder / "state"
