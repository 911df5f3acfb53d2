"""A site of real processes that a test may kill: a broker, a gateway, nodes; and what each of them holds on disk."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from gateway import found
from tests.broker import Broker
from tools.showcase.children import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

PATIENCE_S: Final = 60.0
"""How long anything may take before a test gives up; a machine that is only slow never gets there."""

NODE: Final = """
[node]
site = "plant"
name = "{name}"
state_dir = "state"
board = "generic"
[mqtt]
host = "127.0.0.1"
port = {port}
receipt_wait_s = 1.0
ack_wait_s = 5.0
retry_first_s = 0.1
retry_most_s = 0.5
resend_s = 2.0
[sense.tick]
part = "signal"
drift_per_s = 1.0
[outbox]
group_records = 8
group_s = 0.2
batch_records = 40
[transmit]
interval_s = 0.3
health_s = 1.0
[sleep]
period_s = 0.03
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """What a node's own disk says, for the whole life of its outbox.

    Attributes:
        committed: records that ever reached it.
        waiting: of those, still there.
        set_aside: of those, in quarantine.
        thinned: of those, dropped because it was full.
    """

    committed: int
    waiting: int
    set_aside: int
    thinned: int


class Site:
    """Broker, gateway and nodes, all in one folder. Leaving it kills whatever still runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.broker = Broker(folder, ("max_inflight_messages 2000",))
        found.write(folder / "gateway", "plant", "127.0.0.1", self.broker.port)
        self._children: dict[str, Child] = {}

    def start_gateway(self) -> None:
        """Start it on its configuration, and with the database that it may have."""
        config = self._folder / "gateway" / "gateway.toml"
        self._start("gateway", [sys.executable, "-m", "gateway", "run", "--config", str(config)])

    def start_node(self, name: str, *program: str) -> None:
        """Start a node, or start it again; `program` is what stands between `python` and its file."""
        home = self._folder / name
        home.mkdir(exist_ok=True)
        config = home / "node.toml"
        config.write_text(NODE.format(name=name, port=self.broker.port))
        self._start(name, [sys.executable, *program, str(config)])

    def _start(self, name: str, command: list[str]) -> None:
        self._children[name] = Child(name, command, self._folder)

    def kill(self, name: str) -> None:
        """End a process where it stands."""
        self._children.pop(name).kill()

    def until(self, claim: Callable[[], bool], what: str) -> None:
        """Look again and again until a claim holds.

        Raises:
            AssertionError: it still did not after PATIENCE_S, or a process ended by itself.
        """
        deadline_s = time.monotonic() + PATIENCE_S
        while not claim():
            dead = [name for name, child in self._children.items() if child.code is not None]
            assert not dead, [self.said(name) for name in dead]
            assert time.monotonic() < deadline_s, f"not within {PATIENCE_S:g} s: {what}"
            threading.Event().wait(0.02)

    def end(self, *names: str) -> dict[str, int | None]:
        """Ask processes to end, all at once; returns their exit codes, None for one that did not listen."""
        for name in names:
            self._children[name].ask_to_end()
        return {name: self._children[name].wait(PATIENCE_S) for name in names}

    def said(self, name: str) -> str:
        """Return the tail of what a process wrote to its terminal."""
        return self._children[name].last_words()

    def counter(self, name: str, counter: str) -> int:
        """Read a counter in a node's `health.json`; 0 before there is one."""
        path = self._folder / name / "state" / "health.json"
        told: Mapping[str, int] = json.loads(path.read_text()) if path.exists() else {}
        return told.get(counter, 0)

    def disk(self, name: str) -> Disk:
        """Read a node's outbox."""
        path = self._folder / name / "state" / "outbox.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            tally = dict(database.execute("SELECT name, count FROM tally"))
            (waiting,) = database.execute("SELECT count(*) FROM records").fetchone()
        return Disk(
            committed=tally.get("committed", 0),
            waiting=waiting,
            set_aside=tally.get("quarantined", 0),
            thinned=tally.get("dropped", 0),
        )

    def stored(self, name: str) -> Counter[tuple[bytes, int]]:
        """Read the gateway's store: how often each (boot, seq) of a node stands in it."""
        path = self._folder / "gateway" / "gateway.db"
        made = "SELECT 1 FROM sqlite_master WHERE name = 'record'"
        query = "SELECT boot.boot_id, record.seq FROM record JOIN boot ON boot.id = record.boot WHERE boot.node = ?"
        if not path.exists():
            return Counter()
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30.0)) as database:
            return Counter(database.execute(query, (name,)) if database.execute(made).fetchone() else ())

    def __enter__(self) -> Self:
        self.broker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as stack:
            stack.callback(self.broker.kill)
            for child in self._children.values():
                stack.callback(child.kill)
