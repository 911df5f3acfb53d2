"""A site of real processes that may be killed: a broker, a gateway, nodes; and what each of them holds on disk.

The broker and the gateway run as `torpor-gateway init` sets them up, but for what would make a trial wait: shorter
keep-alives. Everybody reaches the broker over a line of `network`, which may be broken too.
"""

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
from tools.chaos import journal
from tools.chaos.broker import Broker, free_port
from tools.chaos.faults import BROKER, GATEWAY, Act
from tools.chaos.network import Network
from tools.chaos.subject import FILE
from tools.showcase.children import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from tools.chaos.faults import Step
    from tools.chaos.journal import Truth

PATIENCE_S: Final = 60.0
"""How long anything may take before it is given up; a machine that is only slow never gets there."""
QUIET_S: Final = 2.0
"""Without a new record for so long, the gateway has taken all that there was."""
SITE: Final = "plant"

NODE: Final = """
[node]
site = "{site}"
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
channel = "tick"
drift_per_s = 1.0
[gate]
{gate}
[outbox]
group_records = 8
group_s = 0.2
batch_records = 40
[transmit]
interval_s = 0.3
health_s = 1.0
[sleep]
period_s = {period_s}
"""
TALKS: Final = 'part = "always"'
LISTENS: Final = 'part = "level"\nchannel = "tick"\nlevel = 1e300'
"""A gate that never opens: nothing new is recorded, what waits is delivered."""

GATEWAY_TOML: Final = """
[site]
name = "{site}"
[mqtt]
host = "127.0.0.1"
port = {port}
keepalive_s = 4
[ingest]
commit_ms = {commit_ms}
"""


class SiteError(Exception):
    """The site did not do as it was told; the message holds the tail of somebody's log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """What a node's own disk says, for the whole life of its outbox.

    Attributes:
        committed: records that ever reached it.
        waiting: of those, still there.
        set_aside: of those, in quarantine.
        thinned: of those, dropped because it was full.
    """

    committed: int = 0
    waiting: int = 0
    set_aside: int = 0
    thinned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a site lives.

    Attributes:
        period_s: from record to record of a node.
        gateway: the module that runs as the gateway, with its words; its configuration follows.
        commit_ms: how long the gateway gathers before it commits.
        broker: its configuration, with `{port}`; empty for that of `torpor-gateway init`.
    """

    period_s: float = 0.05
    gateway: tuple[str, ...] = ("gateway", "run", "--config")
    commit_ms: int = 50
    broker: str = ""


class Site:
    """Broker, gateway and nodes, all in one folder. Leaving it kills whatever still runs.

    Must be used from the main thread: see `Child`.
    """

    def __init__(self, folder: Path, habits: Habits | None = None) -> None:
        """Write the gateway's and the broker's configurations; nothing is started yet.

        Args:
            folder: everything is kept here, nothing elsewhere.
            habits: of its gateway and its nodes.
        """
        self._folder = folder
        self._habits = habits or Habits()
        home, port = folder / "gateway", free_port()
        found.write(home, SITE, "127.0.0.1", port)
        if self._habits.broker:
            (home / "mosquitto.conf").write_text(self._habits.broker.format(port=port))
        self.broker = Broker(home / "mosquitto.conf", port, home / "broker")
        self._network = Network()
        self._ports: dict[str, int] = {}
        self._programs: dict[str, tuple[str, ...]] = {}
        self._children: dict[str, Child] = {}

    def start_gateway(self) -> None:
        """Start it on its configuration, and with the database that it may have."""
        config = self._folder / "gateway" / "gateway.toml"
        port = self._port(GATEWAY)
        config.write_text(GATEWAY_TOML.format(site=SITE, port=port, commit_ms=self._habits.commit_ms))
        self._start(GATEWAY, [sys.executable, "-m", *self._habits.gateway, str(config)])

    def start_node(self, name: str, *program: str, gate: str = TALKS) -> None:
        """Start a node, or start it again.

        Args:
            name: of the node.
            *program: what stands between `python` and its file; as before where nothing is said.
            gate: its rule.
        """
        home = self._folder / name
        home.mkdir(exist_ok=True)
        config = home / "node.toml"
        config.write_text(
            NODE.format(site=SITE, name=name, port=self._port(name), gate=gate, period_s=self._habits.period_s)
        )
        self._programs[name] = program or self._programs[name]
        self._start(name, [sys.executable, *self._programs[name], str(config)])

    def _port(self, name: str) -> int:
        if name not in self._ports:
            self._ports[name] = self._network.open(name, self.broker.port)
        return self._ports[name]

    def _start(self, name: str, command: list[str]) -> None:
        self._children[name] = Child(name, command, self._folder)

    def kill(self, name: str) -> None:
        """End a process where it stands."""
        self._children.pop(name).kill()

    def do(self, step: Step) -> None:
        """Do what a fault's step says."""
        if step.target == BROKER:
            self._to_broker(step.act)
        elif step.act is Act.KILL:
            self.kill(step.target)
        elif step.act is Act.START and step.target == GATEWAY:
            self.start_gateway()
        elif step.act is Act.START:
            self.start_node(step.target)
        else:
            self._to_line(step)

    def _to_broker(self, act: Act) -> None:
        broker = self.broker
        {
            Act.KILL: broker.kill,
            Act.START: broker.start,
            Act.FREEZE: broker.freeze,
            Act.THAW: broker.thaw,
            Act.SAVE: broker.save,
            Act.WIPE: broker.wipe,
        }[act]()

    def _to_line(self, step: Step) -> None:
        network = self._network
        if step.act is Act.TEAR:
            network.tear(step.target, step.size_bytes)
            return
        {Act.CUT: network.cut, Act.STALL: network.stall, Act.SILENCE: network.silence, Act.HEAL: network.heal}[
            step.act
        ](step.target)

    def until(self, claim: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> float:
        """Look again and again until a claim holds; returns the seconds that it took.

        Raises:
            SiteError: it still did not after `patience_s`, or a process ended by itself.
        """
        start_s = time.monotonic()
        while not claim():
            self.check()
            if time.monotonic() - start_s > patience_s:
                raise SiteError(f"not within {patience_s:g} s: {what}")
            threading.Event().wait(0.02)
        return time.monotonic() - start_s

    def check(self) -> None:
        """Look whether everybody lives who should.

        Raises:
            SiteError: a process ended that nobody killed.
        """
        dead = [name for name, child in self._children.items() if child.code is not None]
        if dead:
            raise SiteError("\n".join(f"{name} ended by itself:\n{self.said(name)}" for name in dead))

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
        if not path.exists():
            return Disk()
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30.0)) as database:
            tally = dict(database.execute("SELECT name, count FROM tally"))
            (waiting,) = database.execute("SELECT count(*) FROM records").fetchone()
        return Disk(
            committed=tally.get("committed", 0),
            waiting=waiting,
            set_aside=tally.get("quarantined", 0),
            thinned=tally.get("dropped", 0),
        )

    def truth(self, name: str) -> Truth:
        """Read a node's journal."""
        return journal.read(self._folder / name / FILE)

    def stored(self, name: str) -> journal.Stored:
        """Read the gateway's store: what it holds of a node."""
        path = self._folder / "gateway" / "gateway.db"
        made = "SELECT 1 FROM sqlite_master WHERE name = 'record'"
        query = (
            "SELECT boot.boot_id, record.seq, record.time_ms, record.body"
            " FROM record JOIN boot ON boot.id = record.boot WHERE boot.node = ?"
        )
        if not path.exists():
            return journal.Stored()
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30.0)) as database:
            rows = list(database.execute(query, (name,)) if database.execute(made).fetchone() else ())
        return journal.Stored(
            Counter((boot_id.hex(), seq) for boot_id, seq, _, _ in rows),
            {(boot_id.hex(), seq): (time_ms, tuple(json.loads(body))) for boot_id, seq, time_ms, body in rows},
        )

    def taken(self) -> Mapping[str, int]:
        """Return the gateway's own counters, such as `records` stored and `duplicates` dropped."""
        path = self._folder / "gateway" / "gateway.db"
        if not path.exists():
            return {}
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30.0)) as database:
            made = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'counter'").fetchone()
            return dict(database.execute("SELECT name, value FROM counter") if made else ())

    def settle(self) -> None:
        """Wait until the gateway takes nothing more: what the broker still had for it is stored."""
        before, since_s = self.taken(), time.monotonic()

        def quiet() -> bool:
            nonlocal before, since_s
            now = {name: value for name, value in self.taken().items() if name in {"records", "duplicates"}}
            if now != before:
                before, since_s = now, time.monotonic()
            return time.monotonic() - since_s > QUIET_S

        self.until(quiet, "the gateway has taken what the broker had for it")

    def __enter__(self) -> Self:
        self._network.__enter__()
        try:
            self.broker.start()
        except BaseException:
            self._network.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as stack:
            stack.callback(self._network.__exit__, kind, error, trace)
            stack.callback(self.broker.kill)
            for child in self._children.values():
                stack.callback(child.kill)
