"""A node that hangs when it is told to: `python -m tests.system.hung HOW node.toml`.

It hangs where the file `hang` stands beside its configuration, which the next start takes away. HOW is the place:

    lock    a cycle waits for a lock that nobody gives back
    timer   the same, and the control: a thread of its own says `WATCHDOG=1` by a timer, whatever the cycles do
    sensor  nowhere; but beside its own sensor it has one that never answers
    spot    the same, and the control: that one is read on the spot
"""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from boards.systemd import Systemd, find
from node.config import load_strictly
from node.options import Spec
from node.sections import Source
from node.values import Channel, Reading
from tools.chaos.subject import Subject

if TYPE_CHECKING:
    from node.gate import Gate
    from node.hal import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """A sensor without options."""


class Stuck:
    """A sensor whose bus never answers: a read waits in the kernel for ever."""

    channels = (Channel(name="level"),)

    def __init__(self, params: Params, ports: Ports) -> None:
        self._pipe = os.pipe()

    def read(self) -> Reading:
        """Wait for what never comes."""
        return Reading(values={"level": float(os.read(self._pipe[0], 1)[0])})

    def close(self) -> None:
        """Let go of it."""


class OnTheSpot(Stuck):
    """The same; but it claims that it waits for no device."""

    instant: Final = True


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
    loaded = load_strictly(config)
    if how in {"sensor", "spot"}:
        stuck = Spec("stuck", f"{__name__}:{'Stuck' if how == 'sensor' else 'OnTheSpot'}", Params())
        loaded = replace(loaded, sense={**loaded.sense, "stuck": Source(spec=stuck, timeout_s=0.2)})
    return Hanging(loaded).run()


if __name__ == "__main__":
    sys.exit(main())
