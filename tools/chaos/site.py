"""A site of real processes that may be killed: a broker, a gateway, nodes; and what each of them holds on disk.

The broker and the gateway run as `torpor-gateway init` sets them up, but for what would make a trial wait: shorter
keep-alives. Everybody reaches the broker over a line of `network`, which may be broken too.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from gateway.setup import found
from tools.chaos import configs, disks, journal
from tools.chaos.broker import Broker, free_port
from tools.chaos.configs import TALKS, gateway_toml, node_toml
from tools.chaos.faults import BROKER, GATEWAY, Act
from tools.chaos.network import Network
from tools.chaos.subject import FILE
from tools.showcase.children import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from tools.chaos.disks import Disk
    from tools.chaos.faults import Step
    from tools.chaos.journal import Stored, Truth

PATIENCE_S: Final = 60.0
"""How long anything may take before it is given up; a machine that is only slow never gets there."""
QUIET_S: Final = 2.0
"""Without a new record for so long, the gateway has taken all that there was."""


class SiteError(Exception):
    """The site did not do as it was told; the message holds the tail of somebody's log."""


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
        self._folder = folder = folder.resolve()
        self._habits = habits or Habits()
        home, port = folder / "gateway", free_port()
        found.write(home, configs.SITE, found.Where(host="127.0.0.1", port=port))
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
        config.write_text(gateway_toml(port, self._habits.commit_ms))
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
        config.write_text(node_toml(name, self._port(name), gate, self._habits.period_s))
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

    def until(self, claim: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
        """Look again and again until a claim holds.

        Raises:
            SiteError: it still did not after `patience_s`, or a process ended by itself.
        """
        start_s = time.monotonic()
        while not claim():
            self.check()
            if time.monotonic() - start_s > patience_s:
                raise SiteError(f"not within {patience_s:g} s: {what}")
            threading.Event().wait(0.02)

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

    def pid(self, name: str) -> int:
        """Return the process id of who runs."""
        return self._children[name].pid

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
        return disks.outbox(self._folder / name / "state" / "outbox.db")

    def truth(self, name: str) -> Truth:
        """Read a node's journal."""
        return journal.read(self._folder / name / FILE)

    def stored(self, name: str) -> Stored:
        """Read what the gateway's store holds of a node."""
        return disks.stored(self._folder / "gateway" / "gateway.db", name)

    def taken(self) -> Mapping[str, int]:
        """Return the gateway's own counters, such as `records` stored and `duplicates` dropped."""
        return disks.counters(self._folder / "gateway" / "gateway.db")

    def settle(self) -> None:
        """Wait until the gateway takes nothing more: what the broker still had for it is stored."""
        before, since_s = 0, time.monotonic()

        def quiet() -> bool:
            nonlocal before, since_s
            taken = self.taken()
            now = taken.get("records", 0) + taken.get("duplicates", 0)
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
