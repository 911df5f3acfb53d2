"""The register of leases and commands: what was asked of whom, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.downlink.lifecycle import OPEN, State

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

MOST_KEPT: Final = 100
"""Commands of a node that are remembered; the oldest that are over make room."""
_COLUMNS: Final = "id, node, words, state, reason, findings, made_ms, not_after_ms, changed_ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command as it is in the register.

    Attributes:
        id: rises with every command of the site.
        node: for whom.
        words: what.
        state: where it stands.
        reason: why it failed or expired, or more about how it went.
        findings: what it found, by what it looked at.
        made_ms: when it was ordered.
        not_after_ms: when it is not begun any more.
        changed_ms: when its state was last heard to change.
    """

    id: int
    node: str
    words: str
    state: State
    reason: str
    findings: Mapping[str, str]
    made_ms: int
    not_after_ms: int
    changed_ms: int


def order(database: sqlite3.Connection, node: str, words: str, made_ms: int, not_after_ms: int) -> Command:
    """Enter a command; to be called in a transaction that writes."""
    (last,) = database.execute("SELECT coalesce(max(id), 0) FROM command").fetchone()
    row = (max(last + 1, made_ms), node, words, State.SENT.value, "", "{}", made_ms, not_after_ms, made_ms)
    database.execute(f"INSERT INTO command ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608 - our own names
    closed = "SELECT id FROM command WHERE node = ?1 AND state NOT IN ('sent', 'accepted', 'running') ORDER BY id DESC"
    database.execute(f"DELETE FROM command WHERE id IN ({closed} LIMIT -1 OFFSET {MOST_KEPT})", (node,))  # noqa: S608 - ours
    return _command(row)


def commands(database: sqlite3.Connection, node: str = "", most: int = -1) -> list[Command]:
    """Return what was ordered of a node, or of all, the newest first."""
    whose, values = ("WHERE node = ?", (node, most)) if node else ("", (most,))
    found = database.execute(f"SELECT {_COLUMNS} FROM command {whose} ORDER BY id DESC LIMIT ?", values)  # noqa: S608 - ours
    return [_command(row) for row in found]


def unfinished(database: sqlite3.Connection) -> list[Command]:
    """Return what is not over, the oldest first."""
    found = database.execute(
        f"SELECT {_COLUMNS} FROM command WHERE state IN ('sent', 'accepted', 'running') ORDER BY id"  # noqa: S608 - ours
    )
    return [_command(row) for row in found]


def turn(database: sqlite3.Connection, turned: Iterable[Command]) -> None:
    """Write what became of commands; what is over stays as it ended."""
    database.executemany(
        "UPDATE command SET state = ?, reason = ?, findings = ?, changed_ms = ?"
        " WHERE id = ? AND state IN ('sent', 'accepted', 'running')",
        [(each.state, each.reason, json.dumps(dict(each.findings)), each.changed_ms, each.id) for each in turned],
    )


def lease(database: sqlite3.Connection, node: str, until_ms: int, made_ms: int) -> None:
    """Enter a lease in the place of the one before; 0: none. To be called in a transaction that writes."""
    database.execute("DELETE FROM lease WHERE node = ?", (node,))
    if until_ms:
        database.execute("INSERT INTO lease (node, until_ms, made_ms) VALUES (?, ?, ?)", (node, until_ms, made_ms))


def leases(database: sqlite3.Connection, now_ms: int) -> dict[str, int]:
    """Return the ends of the leases that run, by node."""
    return dict(database.execute("SELECT node, until_ms FROM lease WHERE until_ms > ?", (now_ms,)).fetchall())


def _command(row: tuple[int, str, str, str, str, str, int, int, int]) -> Command:
    number, node, words, state, reason, findings, made_ms, not_after_ms, changed_ms = row
    return Command(
        id=number,
        node=node,
        words=words,
        state=State(state),
        reason=reason,
        findings=json.loads(findings),
        made_ms=made_ms,
        not_after_ms=not_after_ms,
        changed_ms=changed_ms,
    )


assert {each.value for each in OPEN} == {"sent", "accepted", "running"}, "the queries name them"
