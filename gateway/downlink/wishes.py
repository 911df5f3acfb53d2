"""The wishes of a running gateway: which leases and commands stand in what each node is told, and what it answers.

An operator's program writes them into the database, beside this one; SQLite's `data_version` says that one did. What
nodes answer waits in memory for the next tick, which writes it; a disk that refuses is asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gateway.downlink import lifecycle, register
from gateway.downlink.lifecycle import OPEN, State
from node.wire.messages import Reported

if TYPE_CHECKING:
    from gateway.downlink.register import Command
    from gateway.store.database import Store
    from node.wire.messages import Desired

LOOK_MS: Final = 1000
"""How often it is looked for what is over by its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What stands in the desired state of a node.

    Attributes:
        lease_until_ms: the end of its lease; 0 for none.
        commands: words by id.
        deadlines: of each, when it is not begun any more.
    """

    lease_until_ms: int = 0
    commands: Mapping[int, str] = field(default_factory=dict)
    deadlines: Mapping[int, int] = field(default_factory=dict)


NOTHING: Final = Wish()


def wish_of(desired: Desired) -> Wish:
    """Return what a node was told."""
    return Wish(
        lease_until_ms=desired.lease_until_ms, commands=dict(desired.commands), deadlines=dict(desired.deadlines)
    )


class Wishes:
    """All nodes' leases and commands.

    Args:
        store: of the gateway.
        told: what each node was told before the restart.
    """

    def __init__(self, store: Store, told: Mapping[str, Desired]) -> None:
        self._store = store
        self._told = {node: wish for node, each in told.items() if (wish := wish_of(each)) != NOTHING}
        self._seen = -1
        self._look_ms = 0
        self._open: dict[int, Command] = {}
        self._leases: dict[str, int] = {}
        self._unkept: dict[int, Command] = {}
        self._reload(0)

    def hear(self, node: str, message: object, now_ms: int) -> None:
        """Take in what a node reports of its commands; what is not its own, or over, is passed over."""
        if not isinstance(message, Reported):
            return
        for number, told in message.commands.items():
            command = self._open.get(number)
            if command is None or command.node != node:
                continue
            state, reason = lifecycle.heard(command.state, told)
            if state is not command.state:
                findings = message.findings if command.words == "doctor" else {}
                self._turn(replace(command, state=state, reason=reason, findings=findings, changed_ms=now_ms))

    def changed(self, now_ms: int) -> dict[str, Wish]:
        """Return what is wished of nodes now, where that is another thing than they were told.

        Raises:
            StoreError: the disk refused; all of it is due again.
        """
        (seen,) = self._store.database.execute("PRAGMA data_version").fetchone()
        if seen != self._seen or now_ms >= self._look_ms:
            self._seen, self._look_ms = seen, now_ms + LOOK_MS
            self._keep()
            self._reload(now_ms)
            self._expire(now_ms)
        self._keep()
        wished = self._wished()
        changed = {
            node: wished.get(node, NOTHING)
            for node in wished.keys() | self._told.keys()
            if wished.get(node, NOTHING) != self._told.get(node, NOTHING)
        }
        self._told = wished
        return changed

    def _wished(self) -> dict[str, Wish]:
        by_node: dict[str, dict[int, Command]] = {node: {} for node in self._leases}
        for number, each in self._open.items():
            by_node.setdefault(each.node, {})[number] = each
        return {
            node: Wish(
                lease_until_ms=self._leases.get(node, 0),
                commands={number: each.words for number, each in found.items()},
                deadlines={number: each.not_after_ms for number, each in found.items()},
            )
            for node, found in by_node.items()
        }

    def _expire(self, now_ms: int) -> None:
        for each in list(self._open.values()):
            reason = lifecycle.expired(each.state, each.not_after_ms, now_ms)
            if reason:
                self._turn(replace(each, state=State.EXPIRED, reason=reason, changed_ms=now_ms))

    def _turn(self, command: Command) -> None:
        self._unkept[command.id] = command
        if command.state in OPEN:
            self._open[command.id] = command
        else:
            self._open.pop(command.id, None)

    def _keep(self) -> None:
        """Write what was heard."""
        if self._unkept:
            with self._store.transaction():
                register.turn(self._store.database, self._unkept.values())
            self._unkept.clear()

    def _reload(self, now_ms: int) -> None:
        with self._store.guarded():
            self._open = {each.id: each for each in register.unfinished(self._store.database)}
            self._leases = register.leases(self._store.database, now_ms)
