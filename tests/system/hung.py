"""A node that hangs when it is told to: `python -m tests.system.hung HOW node.toml`.

It hangs where the file `hang` stands beside its configuration, which the next start takes away. HOW is the place:

    lock    a cycle waits for a lock that nobody gives back
    timer   the same, and the control: a thread of its own says `WATCHDOG=1` by a timer, whatever the cycles do
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from boards.systemd import Systemd, find
from node.config import load_strictly
from tools.chaos.subject import Subject

if TYPE_CHECKING:
    from node.gate import Gate


class Hanging(Subject):
    """A node whose gate can be stopped for ever."""

    @property
    def gate(self) -> Gate:
        """The rule; or nobody comes back from here."""
        if (self.config.node.state_dir.parent / "hang").exists():
            lock = threading.Lock()
            with lock:
                lock.acquire()
        return super().gate


def feed_by_timer(supervisor: Systemd) -> None:
    """Do what a watchdog must not: prove that a timer lives."""
    pause = threading.Event()

    def feed() -> None:
        while True:
            supervisor.tell("WATCHDOG=1")
            pause.wait(supervisor.patience_s / 4)

    threading.Thread(target=feed, daemon=True).start()


def main() -> int:
    """Run, and hang on demand."""
    how, config = sys.argv[1], Path(sys.argv[2])
    (config.parent / "hang").unlink(missing_ok=True)
    supervisor = find(os.environ)
    if how == "timer" and supervisor is not None:
        feed_by_timer(supervisor)
    return Hanging(load_strictly(config)).run()


if __name__ == "__main__":
    sys.exit(main())
