"""The steward: what nodes tell becomes events, and what follows becomes rows, in one transaction.

An operator's word is a row too, written beside the running gateway: so everything is read again, inside the transaction
that is about to write, when another process has written. What was told since the last tick, and was lost in a crash, is
told again at the start, for nodes' last words are kept.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from gateway.push import offers
from gateway.rollout import page
from gateway.rollout.events import Charged, Tick, Told, Woke, told
from gateway.rollout.machine import advance
from gateway.store import queries
from node.wire import codec
from node.wire.messages import Health, Reported

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from gateway.publish.presence import Life
    from gateway.rollout.machine import Outcome
    from gateway.rollout.page import Page
    from gateway.store.database import Store

log = logging.getLogger(__name__)

_LOOK_MS: Final = 1000
_KEEP_MS: Final = 30_000
"""How stale the clock on disk may be: after a crash, patience lasts so much longer."""
_NODES_A_MS: Final = 25
"""How many nodes are worth another millisecond between two looks, which keeps these below a twentieth of a core."""


class Steward:
    """All rollouts of a running gateway."""

    def __init__(self, store: Store) -> None:
        """Know of none yet; the first tick reads them.

        Args:
            store: of the gateway.
        """
        self._store = store
        self._pages: list[Page] = []
        self._owner: dict[str, int] = {}
        self._heard: dict[str, None] = {}
        self._waiting: dict[tuple[str, type], Charged | Told] = {}
        self._data_version = -1
        self._look_ms = 0
        self._kept_ms: dict[int, int] = {}

    def learn(self, node: str, message: object) -> None:
        """Take in what a node told of itself."""
        if node in self._owner:
            for event in _read(node, message):
                self._waiting[node, type(event)] = event

    def heard(self, node: str) -> None:
        """Note that a node was heard."""
        if node in self._owner:
            self._heard[node] = None

    def tick(self, now_ms: int, lives: Mapping[str, Life]) -> bool:
        """Decide what is due; whether other models are on offer now than before.

        Args:
            now_ms: the time.
            lives: what each node has promised.

        Raises:
            StoreError: the disk refused; it is due again.
        """
        if 0 <= self._look_ms - now_ms <= _LOOK_MS + len(self._owner) // _NODES_A_MS:
            return False
        if not self._pages and self._version() == self._data_version:
            return False
        with self._store.transaction():
            version = self._version()
            pages, owner = self._current(version)
            events = [*self._woken(lives), *self._waiting.values()]
            mine = ([event for event in events if owner.get(event.node) == each.number] for each in pages)
            outcomes = [advance(each.rollout, [*some, Tick(now_ms)]) for each, some in zip(pages, mine, strict=True)]
            for before, outcome in zip(pages, outcomes, strict=True):
                self._keep(before, outcome)
        now = (each._replace(rollout=outcome.rollout) for each, outcome in zip(pages, outcomes, strict=True))
        self._pages = [each for each in now if each.rollout.is_live]
        self._data_version = version
        self._owner = owner if len(self._pages) == len(pages) else _owners(self._pages)
        self._waiting.clear()
        self._heard.clear()
        self._look_ms = now_ms + _LOOK_MS + len(owner) // _NODES_A_MS
        return any(each.offers for each in outcomes)

    def _version(self) -> int:
        (version,) = self._store.database.execute("PRAGMA data_version").fetchone()
        return int(version)

    def _current(self, version: int) -> tuple[list[Page], dict[str, int]]:
        """Return the rollouts as they are, and whose each node is."""
        if version == self._data_version:
            return self._pages, self._owner
        pages = page.live(self._store.database)
        owner = _owners(pages)
        for event in known(self._store.database, owner):
            self._waiting.setdefault((event.node, type(event)), event)
        return pages, owner

    def _woken(self, lives: Mapping[str, Life]) -> Iterator[Woke]:
        for node in self._heard:
            yield Woke(node, lives[node].promise_ms + lives[node].grace_ms)

    def _keep(self, before: Page, outcome: Outcome) -> None:
        """Write what changed; that time went by alone is written now and then."""
        was, now = before.rollout, outcome.rollout
        goes_on = (was.course, was.stage, was.returns) == (now.course, now.stage, now.returns)
        if goes_on and not outcome.changed and now.tick_ms - self._kept_ms.get(before.number, 0) < _KEEP_MS:
            return
        self._kept_ms[before.number] = now.tick_ms
        page.keep(self._store.database, before._replace(rollout=now), outcome.changed)
        offers.enter(self._store.database, outcome.offers)
        if (was.course, was.stage) != (now.course, now.stage):
            stage = f"stage {now.stage + 1} of {len(now.plan.stages)}"
            log.info("rollout %s: %s, %s%s", now.plan.name, now.course, stage, f": {now.reason}" if now.reason else "")


def _owners(pages: Sequence[Page]) -> dict[str, int]:
    """Return which rollout decides for each node: the newest that has it."""
    return {node: each.number for each in reversed(pages) for node in each.rollout.members}


def known(database: sqlite3.Connection, nodes: Mapping[str, object]) -> Iterator[Charged | Told]:
    """Give what some nodes told last."""
    for kind in ("reported", "health"):
        for node, _, _, payload in queries.said(database, kind):
            if node in nodes:
                yield from _read(node, codec.decode(kind, payload))


def _read(node: str, message: object) -> Iterator[Charged | Told]:
    if isinstance(message, Reported):
        yield told(node, message)
    elif isinstance(message, Health) and "battery_charge" in message.gauges:
        yield Charged(node, message.gauges["battery_charge"])
