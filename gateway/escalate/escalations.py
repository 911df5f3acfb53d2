"""Escalations: this room, as the site sees it: what nodes say comes in, and what is to be said goes out.

It is called by the site's thread alone and waits for nobody: the desk's threads do.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from gateway.escalate.account import Account, recalled
from gateway.escalate.answers import Answers
from gateway.publish import output
from node.wire import codec
from node.wire.errors import WireError
from node.wire.fields import MOST_TIME_MS
from node.wire.messages import Health, Presence, Raw, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.config import Escalate
    from gateway.escalate.desk import Desk
    from gateway.escalate.window import Answered
    from gateway.outgoing import Outgoing
    from gateway.publish.output import Result
    from gateway.store.database import Store
    from node.wire.messages import Message

log = logging.getLogger(__name__)

SETTLED_MS: Final = 5_000
"""An answer that is so much older than a word of its node was heard before it: a link keeps its order."""


class Escalations:
    """Everything about windows that nodes are unsure of.

    Args:
        site: for topics.
        store: of the gateway.
        params: who answers.
        say: makes a row into what subscribers get.
    """

    def __init__(self, site: str, store: Store, params: Escalate, say: Callable[[Result], list[Outgoing]]) -> None:
        self._site = site
        self._store = store
        self._params = params
        self._say = say
        self._answers = Answers(site, store)
        self._desk: Desk | None = None
        self._deaths = 0
        self._stopping = threading.Event()
        self._changed: set[str] = set()
        self._done: list[Answered] = []
        self._heard: dict[str, int] = {}
        self._waiting = set(self._answers.unheard())
        self._accounts = {
            node: recalled(json.loads(told)) for node, told in store.database.execute("SELECT node, told FROM cascade")
        }
        self._resume()

    def hear(self, node: str, message: Message, now_ms: int, *, retained: bool) -> None:
        """Take in what a node said, where it concerns this room. Nothing is written before the next tick.

        For what was heard has been committed: an error of the disk now would have that done again, as old news.
        """
        if isinstance(message, Raw) and message.about is not None:
            self._ask(node, message)
        elif isinstance(message, Health) and "unsure" in message.counters:
            before = self._account(node)
            self._keep(node, before.after(message, now_ms))
            self._alarm(node, before)
        if node in self._waiting and not retained:
            self._note_heard(node, message, now_ms)

    def _note_heard(self, node: str, message: Message, now_ms: int) -> None:
        """Note up to when a node must have heard its answers."""
        is_back = isinstance(message, Presence)
        if isinstance(message, Presence) and message.state is not State.READY:
            return  # a goodbye may have crossed an answer on its way
        until_ms = MOST_TIME_MS if is_back else now_ms - SETTLED_MS
        self._heard[node] = max(until_ms, self._heard.get(node, 0))

    def _taken_back(self) -> list[Outgoing]:
        """Take back what nodes must have heard; before new answers come, which they have not."""
        if not self._heard:
            return []
        nodes = self._answers.heard(self._heard)
        self._heard = {}
        if nodes:
            self._waiting = set(self._answers.unheard())
        return [self._answers.waiting(node) for node in nodes]

    def _ask(self, node: str, raw: Raw) -> None:
        from gateway.escalate.window import Unsure  # a site without a cascade imports no numpy

        assert raw.about is not None, "it was asked before"
        if not self._answers.is_open(node, raw.boot_id, raw.about):
            return
        if self._desk is None:
            self._desk = self._opened()
        self._desk.ask(Unsure(node=node, raw=raw))

    def _opened(self) -> Desk:
        """Begin to answer, once somebody is unsure; models are started by the thread that asks them."""
        from gateway.escalate.apart import Apart
        from gateway.escalate.desk import Desk

        params = self._params
        engines = {
            stream: Apart(path, threads=params.threads, most_mb=params.most_mb, run_s=params.run_s)
            for stream, path in params.models.items()
        }
        remote = None
        if params.cloud_url:
            from gateway.escalate.cloud import Cloud

            remote = Cloud(params, time.monotonic, self._stopping)
        batch = (params.batch_windows, params.deadline_ms / 1000.0)
        return Desk(engines, remote, sure=params.sure, batch=batch, most=params.queue_windows)

    def _resume(self) -> None:
        """Ask again about what was not answered when the gateway last ended: its windows were receipted."""
        rows = self._store.database.execute(
            "SELECT node, payload FROM raw JOIN boot ON boot.id = raw.boot ORDER BY raw.id DESC LIMIT ?",
            (self._params.queue_windows,),
        ).fetchall()
        for node, payload in reversed(rows):
            with suppress(WireError):  # stored by a gateway that was less strict
                raw = codec.decode(Raw.kind, payload)
                if isinstance(raw, Raw) and raw.about is not None:
                    self._ask(node, raw)

    def tick(self, now_ms: int) -> list[Outgoing]:
        """Keep what was answered since the last tick, and say it: to the nodes, and to the subscribers.

        Raises:
            StoreError: the disk refused; what was not kept is due again.
        """
        outgoing = self._taken_back()
        self._done += self._desk.answered() if self._desk else []
        self._count_deaths()
        if self._done:
            with self._store.transaction():
                self._answers.add(self._done, now_ms)
                self._count(self._done)
            done, self._done = self._done, []
            for each in done:
                outgoing += self._told(each)
            nodes = dict.fromkeys(each.unsure.node for each in done)
            self._waiting |= nodes.keys()
            outgoing += [self._answers.waiting(node) for node in nodes]
        return outgoing + self._accounted()

    @property
    def trouble(self) -> str:
        """What keeps the models here from answering; empty where nothing does."""
        return self._desk.trouble if self._desk else ""

    def _count_deaths(self) -> None:
        deaths = self._desk.deaths if self._desk else 0
        if deaths > self._deaths:
            with self._store.transaction():
                self._store.count({"model_deaths": deaths - self._deaths})
            self._deaths = deaths

    def _count(self, done: list[Answered]) -> None:
        by = [each.by for each in done]
        self._store.count(
            {
                "answered_gateway": by.count("gateway"),
                "answered_cloud": by.count("cloud"),
                "unanswered": by.count(""),
                "escalations_dropped": sum(each.note.startswith("too many") for each in done),
            }
        )

    def _told(self, answered: Answered) -> list[Outgoing]:
        """Say to subscribers what a row reads like now, and count it."""
        node, row = answered.unsure.node, self._answers.corrected(answered)
        changed = row is not None and answered.said is not None and answered.said.label != row.node_label
        self._keep(node, self._account(node).counted(answered.by or "unanswered", changed=changed))
        return self._say(row) if row is not None else []

    def _accounted(self) -> list[Outgoing]:
        """Keep and say the accounts that changed."""
        nodes = {node: self._accounts[node] for node in self._changed}
        if nodes:
            rows = [(node, json.dumps(each.memory())) for node, each in nodes.items()]
            with self._store.transaction():
                self._store.database.executemany("INSERT OR REPLACE INTO cascade (node, told) VALUES (?, ?)", rows)
        self._changed = set()
        return [output.cascade(self._site, node, each.body(node)) for node, each in nodes.items()]

    def repeat(self) -> list[Outgoing]:
        """Return what is retained, for a broker that may have lost it."""
        waiting = [self._answers.waiting(node) for node in self._answers.unheard()]
        return waiting + [output.cascade(self._site, node, each.body(node)) for node, each in self._accounts.items()]

    def close(self) -> None:
        """Let go of what waits; its windows are stored, and its nodes' answers stand."""
        self._stopping.set()
        if self._desk is not None:
            self._desk.close()

    def _account(self, node: str) -> Account:
        return self._accounts.get(node, Account())

    def _keep(self, node: str, account: Account) -> None:
        self._accounts[node] = account
        self._changed.add(node)

    def _alarm(self, node: str, before: Account) -> None:
        drift = self._accounts[node].drift
        if drift.alarmed and not before.drift.alarmed:
            log.warning(
                "%s is unsure of %.1f %% of its windows of late, usually of %.1f %%: look at its sensor, or its model",
                node,
                100 * drift.mean,
                100 * (drift.usual or 0.0),
            )
        elif before.drift.alarmed and not drift.alarmed:
            log.info("%s is as sure of its windows again as it used to be", node)
