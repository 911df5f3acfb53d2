"""A node under trial: the real thing, with a journal of what it committed. `python -m tools.chaos.subject node.toml`.

The journal, `journal` beside its configuration, learns of commits from the outbox's own counter and of records from
the cycle, and is read by nobody but the trial.
"""

from __future__ import annotations

import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from node.app import App
from node.config import load_strictly
from tools.chaos.journal import Journal

if TYPE_CHECKING:
    from node.transmit.outbox import Outbox
    from node.values import Frame, Record

FILE: Final = "journal"


class Noted:
    """An outbox, and a journal beside it: what it does is what the outbox does."""

    def __init__(self, outbox: Outbox, journal: Journal) -> None:
        self._outbox = outbox
        self._journal = journal

    def __getattr__(self, name: str) -> object:
        return getattr(self._outbox, name)

    def append(self, record: Record, now_s: float) -> int:
        """Keep a record, noted before and after."""
        self._journal.hand(record.time_ms, record.values)
        seq = self._outbox.append(record, now_s)
        self.note()
        return seq

    def commit(self) -> int:
        """Commit, and note it."""
        count = self._outbox.commit()
        self.note()
        return count

    def frames(self, **limits: int) -> list[Frame]:
        """Compose frames, which commits what waits, and note it."""
        frames = self._outbox.frames(**limits)
        self.note()
        return frames

    def close(self) -> None:
        """Commit what is left, close, and note it."""
        self._outbox.close()
        self.note()

    def note(self) -> None:
        """Write down how many records are on disk."""
        self._journal.commit(self._outbox.counters["committed"])


class Subject(App):
    """A node whose outbox is noted."""

    @cached_property
    def outbox(self) -> Outbox:
        """Where answers wait, and what is written down of it."""
        journal = Journal(self.config.node.state_dir.parent / FILE, self.boot_id)
        noted = Noted(super().outbox, journal)
        self._closing.callback(noted.close)  # it comes before the outbox's own, which then has nothing to do
        self.opened_outbox = cast("Outbox", noted)
        return self.opened_outbox


def run(kind: type[Subject] = Subject) -> int:
    """Run the node whose configuration the command line names."""
    return kind(load_strictly(Path(sys.argv[1]))).run()


if __name__ == "__main__":
    sys.exit(run())
