"""Answers: what was answered, in the database, until its node has heard it.

A node that is awake hears an answer at once, a sleeper when it wakes: the newest ones are retained under its topic.
They have been heard when it says that it is here after they were given, for it is told what is retained before that; or
when it says anything else well after, for then its link held. Then they are taken back, so that no later wake pays for
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.outgoing import Outgoing
from gateway.store import queries
from node.wire import codec
from node.wire.messages import Answer
from node.wire.messages import Answers as Message
from node.wire.topics import Topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gateway.escalate.window import Answered
    from gateway.publish.output import Result
    from gateway.store.database import Store

MOST: Final = 32
"""Answers that a node is told at once; of more, the newest. Some 30 bytes each, which it pays for."""

# Only about a record that is here: what an answer leaves in the database goes with its record, or would never go.
_ADD: Final = (
    "INSERT INTO answer (boot, seq, by, model, label, confidence, margin, note, answered_ms, waits)"
    " SELECT boot.id, record.seq, ?, ?, ?, ?, ?, ?, ?, 1 FROM boot JOIN record ON record.boot = boot.id"
    " WHERE record.seq = ? AND node = ? AND boot_id = ? ON CONFLICT DO NOTHING"
)
_WAITING: Final = (
    "SELECT boot_id, seq, by, label, confidence, note FROM answer JOIN boot ON boot.id = answer.boot"
    " WHERE waits AND node = ? ORDER BY answered_ms DESC, seq DESC LIMIT ?"
)
_IS_ABOUT: Final = "boot.node = ? AND boot.boot_id = ? AND record.seq = ?"


class Answers:
    """What nodes and subscribers are to be told.

    Args:
        site: for topics.
        store: of the gateway.
    """

    def __init__(self, site: str, store: Store) -> None:
        self._site = site
        self._store = store

    def add(self, answered: Iterable[Answered], now_ms: int) -> None:
        """Keep answers about records that are here, in a transaction of the caller's; the first one stands."""
        self._store.database.executemany(_ADD, (_row(each, now_ms) for each in answered))

    def is_open(self, node: str, boot_id: bytes, seq: int) -> bool:
        """Whether there is such a record without an answer: windows come again when the first receipt got lost."""
        query = (
            "SELECT 1 FROM record JOIN boot ON boot.id = record.boot"
            " WHERE node = ? AND boot_id = ? AND record.seq = ?"
            " AND NOT EXISTS (SELECT 1 FROM answer WHERE answer.boot = boot.id AND answer.seq = record.seq)"
        )
        return self._store.database.execute(query, (node, boot_id, seq)).fetchone() is not None

    def corrected(self, answered: Answered) -> Result | None:
        """Return the row that was asked about, as it reads now; None where it is gone, or never came."""
        unsure = answered.unsure
        where = (unsure.node, unsure.boot_id, unsure.seq)
        return next(queries.results(self._store.database, _IS_ABOUT, where), None)

    def waiting(self, node: str) -> Outgoing:
        """Return what a node has not heard, as it is retained; without a payload where it has heard all."""
        rows = self._store.database.execute(_WAITING, (node, MOST)).fetchall()
        answers = [
            Answer(boot_id=boot_id, seq=seq, by=by, label=label, confidence=confidence, note=note)
            for boot_id, seq, by, label, confidence, note in reversed(rows)
        ]
        payload = codec.encode(Message(answers=answers)) if answers else b""
        return Outgoing(str(Topic(self._site, node, "answer")), payload, retain=True)

    def heard(self, until_ms: Mapping[str, int]) -> list[str]:
        """Note until when nodes have heard what they were told; return those for whom anything waited that long.

        Raises:
            StoreError: the disk refused; nothing is noted.
        """
        query = (
            "UPDATE answer SET waits = 0"
            " WHERE waits AND answered_ms <= ? AND boot IN (SELECT id FROM boot WHERE node = ?)"
        )
        with self._store.transaction():
            execute = self._store.database.execute
            return [node for node, each_ms in until_ms.items() if execute(query, (each_ms, node)).rowcount > 0]

    def unheard(self) -> list[str]:
        """Return the nodes for which anything waits."""
        query = "SELECT DISTINCT node FROM answer JOIN boot ON boot.id = answer.boot WHERE waits"
        return [node for (node,) in self._store.database.execute(query)]


def _row(answered: Answered, now_ms: int) -> tuple[object, ...]:
    unsure, said = answered.unsure, answered.said
    label, confidence, margin = (said.label, said.confidence, said.margin) if said else ("", 0.0, 0.0)
    model, note = answered.model, answered.note[:256]
    return answered.by, model, label, confidence, margin, note, now_ms, unsure.seq, unsure.node, unsure.boot_id
