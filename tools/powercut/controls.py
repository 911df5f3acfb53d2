"""Controls: what must be caught. Each is a subject with one flush too few, and none is an option of the product."""

from __future__ import annotations

import json
import os
import sqlite3
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from node.update.slots import Slots
from node.update.trust import Trust
from tools.powercut.subjects import policy, slots
from tools.powercut.subjects.metadata import MetadataTrial
from tools.powercut.subjects.outbox import OutboxTrial
from tools.powercut.subjects.replaced import DAMAGED, Replaced

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from node.policy.standing import Standing
    from node.update.progress import Found
    from tools.powercut.subject import Subject

FILE: Final = "model"
SIZE_BYTES: Final = 20_000


def weakened(sql: str) -> str:
    """Return a statement as who follows the usual advice would write it."""
    return sql.replace("synchronous = FULL", "synchronous = NORMAL")


class Hasty(sqlite3.Connection):
    """A connection that flushes at checkpoints alone: WAL with synchronous=NORMAL, the usual advice."""

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        """Weaken the one statement that matters."""
        return super().execute(weakened(sql), *parameters)


def hasty(path: Path) -> sqlite3.Connection:
    """Open a database that is hasty."""
    return sqlite3.connect(path, isolation_level=None, factory=Hasty)


def _write_without_folder(folder: Path, version: int) -> None:
    draft = folder / f"{FILE}.new"
    with draft.open("wb") as file:
        file.write(_contents(version))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / FILE)


def _write_without_any(folder: Path, version: int) -> None:
    draft = folder / f"{FILE}.new"
    draft.write_bytes(_contents(version))
    draft.replace(folder / FILE)


def _contents(version: int) -> bytes:
    return version.to_bytes(4, "big") * (SIZE_BYTES // 4)


def _read(folder: Path) -> int:
    path = folder / FILE
    if not path.exists():
        return 0
    contents = path.read_bytes()
    version = int.from_bytes(contents[:4], "big")
    return version if contents == _contents(version) else DAMAGED


class Rash(policy.Pinned):
    """Lives by a policy first, and writes it down when the next one comes."""

    def _keep(self, kept: Standing) -> bool:
        before, self._standing = self._standing, kept
        return super()._keep(before) and self._live_by(kept)

    def _live_by(self, kept: Standing) -> bool:
        self._standing = kept
        return True


def _write_rashly(folder: Path, version: int) -> None:
    kept = policy.keeper(folder, Rash)
    for counter in range(kept.newest + 1, version + 1):
        kept.hear(policy.envelope(counter))
    assert kept.counter == version, kept.refused


class Unsynced(Slots):
    """Installs a model as one copies a file: what stands in the slot is on disk when the kernel sees fit."""

    def install(self, found: Found, source: Path) -> None:
        """Write the same, and sync nothing of it."""
        super().install(found, source)
        place = self.model(self.now.candidate)
        assert place
        model, card = place.read_bytes(), place.with_suffix(".toml").read_bytes()
        for path, contents in ((place, model), (place.with_suffix(".toml"), card)):
            path.unlink()
            path.write_bytes(contents)


class Trusting(Trust):
    """Has python-tuf's files as it leaves them, and a floor to match: nothing is synced."""

    def _keep(self, floor: dict[str, int]) -> None:
        self._write(floor)

    def _write(self, floor: dict[str, int]) -> None:
        self._floor_path.write_text(json.dumps(floor))


CONTROLS: Final[Mapping[str, Subject]] = {
    each.name: each
    for each in (
        OutboxTrial(name="outbox-wal-normal", connect=hasty),
        Replaced(name="file-without-folder-fsync", write=_write_without_folder, read=_read),
        Replaced(name="file-without-fsync", write=_write_without_any, read=_read),
        Replaced(name="policy-lived-by-first", write=_write_rashly, read=policy.read),
        Replaced(name="slots-model-without-fsync", write=partial(slots.install, kind=Unsynced), read=slots.read),
        MetadataTrial(name="metadata-without-fsync", trust=Trusting),
    )
}
