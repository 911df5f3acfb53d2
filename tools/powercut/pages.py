"""The portable tier's outbox: on an SQLite whose file system logs what is written and what is synced.

The work is done by the SQLite that apsw brings, the checks are made by the node's own.
"""

from __future__ import annotations

import importlib.util
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from tools.powercut import cuts
from tools.powercut.log import Mark, left
from tools.powercut.subjects.outbox import OUTBOX
from tools.powercut.trial import Recording, judged

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from tools.powercut.log import Cut
    from tools.powercut.subject import Row

SUBJECTS: Final = ("outbox",)
CONTROLS: Final = ("outbox-wal-normal",)


def missing() -> str:
    """Return why this tier cannot run here; empty where it can."""
    return "" if importlib.util.find_spec("apsw") else "apsw is missing: pip install '.[tools]'"


def trial(name: str, count: int, seed: int) -> Row:
    """Cut the power of the outbox, or of its control.

    Args:
        name: one of SUBJECTS or CONTROLS.
        count: how often.
        seed: where and how.
    """
    recording = recorded(hasty=name in CONTROLS)
    with tempfile.TemporaryDirectory(prefix="torpor-pages-") as folder:

        @contextmanager
        def recovered(cut: Cut) -> Iterator[Path]:
            with tempfile.TemporaryDirectory(dir=folder) as after:
                (Path(after) / "state").mkdir()
                for file, contents in left({}, recording.events, cut).items():
                    (Path(after) / "state" / file).write_bytes(contents)
                yield Path(after)

        drawn = cuts.drawn(recording.events, count, seed)
        return judged(replace(OUTBOX, name=name), recording, drawn, recovered)


def recorded(*, hasty: bool = False) -> Recording:
    """Let an outbox work, and return what its file system saw.

    Args:
        hasty: have it flush at checkpoints alone, as the control does.
    """
    from tools.powercut import vfs

    system = vfs.LoggingVfs()

    def connect(path: Path) -> sqlite3.Connection:
        database = (vfs.HastyDatabase if hasty else vfs.Database)(path)
        return cast("sqlite3.Connection", database)  # as far as the outbox goes

    with tempfile.TemporaryDirectory(prefix="torpor-pages-") as folder:
        try:
            replace(OUTBOX, connect=connect).work(Path(folder), lambda words: system.events.append(Mark(words)))
        finally:
            system.unregister()
        return Recording({}, list(system.events))
