"""The ledger's books: joules that were counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from node.sleep.books import FILE, Books
from tools.powercut.subjects.replaced import DAMAGED, Replaced

if TYPE_CHECKING:
    from pathlib import Path

STAGES: Final = 40
"""As many rows as a node with several sensors and states has: about 2 kB."""


def _write(folder: Path, version: int) -> None:
    Books(folder).store({"version": version, "spent": {f"stage-{stage}": version * 1.5 for stage in range(STAGES)}})


def _read(folder: Path) -> int:
    version = Books(folder).load().get("version")
    if isinstance(version, int):
        return version
    return DAMAGED if (folder / FILE).exists() else 0


BOOKS: Final = Replaced(name="books", write=_write, read=_read)
