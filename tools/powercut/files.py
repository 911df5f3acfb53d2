"""The portable tier's files: what a node keeps without SQLite, on a tree that loses what was not synced.

Each subject has two controls beside those of all tiers: the same work on a disk that hears no fsync of a file, and on
one that hears none of a folder.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools.powercut import controls, cuts, subjects
from tools.powercut.log import Flush
from tools.powercut.tree import FILE, FOLDER, plant
from tools.powercut.trial import Recording, judged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tools.powercut.log import Cut
    from tools.powercut.subject import Row

PATIENCE_S: Final = 300.0

SUBJECTS: Final = tuple(name for name in subjects.SUBJECTS if name != "outbox")
CONTROLS: Final[Mapping[str, tuple[str, str]]] = {
    **{name: (name, "") for name in controls.CONTROLS if not name.startswith("outbox")},
    **{f"{name}-no-file-flushed": (name, FILE) for name in SUBJECTS},
    **{f"{name}-no-folder-flushed": (name, FOLDER) for name in SUBJECTS},
}
"""What is at work, and what kind of thing its disk hears no fsync of."""


def trial(name: str, count: int, seed: int) -> Row:
    """Cut the power of one subject or control.

    Args:
        name: one of SUBJECTS or CONTROLS.
        count: how often.
        seed: where and how.

    Raises:
        RuntimeError: the work itself failed.
    """
    at_work, unheard = CONTROLS.get(name, (name, ""))
    recording = recorded(at_work)
    events = [each for each in recording.events if not (unheard and _flushes(each, unheard))]
    with tempfile.TemporaryDirectory(prefix="torpor-files-") as folder:

        @contextmanager
        def recovered(cut: Cut) -> Iterator[Path]:
            with tempfile.TemporaryDirectory(dir=folder) as after:
                plant(Path(after), events, cut)
                yield Path(after)

        subject = {**subjects.SUBJECTS, **controls.CONTROLS}[at_work]
        row = judged(subject, recording._replace(events=events), cuts.drawn(events, count, seed), recovered)
    return row._replace(subject=name)


@cache
def recorded(name: str) -> Recording:
    """Let a subject work in a process of its own, and return what was seen of it, which is the same each time.

    Raises:
        RuntimeError: it failed.
    """
    command = [sys.executable, "-m", "tools.powercut.witness", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, timeout=PATIENCE_S)
    if done.returncode:
        raise RuntimeError(f"the work of {name} ended with {done.returncode}; its own words stand above")
    return Recording({}, pickle.loads(done.stdout))  # noqa: S301 - from our own child


def _flushes(event: object, kind: str) -> bool:
    return isinstance(event, Flush) and event.file.startswith(kind)
