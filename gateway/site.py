"""A site: everything of a gateway but the connection, put together.

It lives in one thread and answers four calls: `commit` takes what the broker delivered, `tick` takes the time,
`repeat` says again what is retained, `prove` tries a disk that refused. All return what to publish. Here ingest,
aggregate, publish, presence and push meet.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gateway.aggregate import windows
from gateway.aggregate.windows import Aggregator
from gateway.downlink.wishes import Wishes
from gateway.escalate.escalations import Escalations
from gateway.identity.denial import Denied
from gateway.ingest.intake import Ingest
from gateway.outgoing import Outgoing
from gateway.policy.steering import Steering
from gateway.publish import output
from gateway.publish.energy import account
from gateway.publish.output import Newest, Result
from gateway.publish.roll import Roll
from gateway.push import ends, receipts
from gateway.push.desired import Push
from gateway.push.files import Files
from gateway.push.foretelling import Foretelling
from gateway.push.offers import Offers
from gateway.push.sweep import sweep
from gateway.rollout.steward import Steward
from gateway.store import queries, retention
from node.wire import codec
from node.wire.messages import Ask, AskKind, Desired, Health, Presence, Reported, State
from node.wire.topics import Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gateway.config import Config
    from gateway.ingest.intake import Committed, Delivery, Rows, Said
    from gateway.store.database import Store
    from node.wire.messages import Aggregate, Message

log = logging.getLogger(__name__)

_HOUR_MS: Final = 3_600_000
_WINDOWS_A_TICK: Final = 200
"""Closed at once, some 60 ms of work; who comes back after a week brings thousands, and the others are not to wait."""


class Site:
    """One site's rooms, behind four doors.

    Attributes:
        counters: what was counted since a tick wrote them.

    Args:
        config: the whole configuration.
        store: open, and used by nobody else.
    """

    def __init__(self, config: Config, store: Store) -> None:
        self._config = config
        self._store = store
        self._name = config.site.name
        self._denied = Denied(config.identity.folder)
        self._trim_ms = self._sweep_ms = 0
        self._watch = retention.Watch()
        self._ends = ends.Watch(config.models.folder)
        self._aggregates_ms = 0
        self._is_ripe = False
        self.counters: Counter[str] = Counter()
        self._read()

    def _read(self) -> None:
        """Make the memory from what is on disk."""
        config, database = self._config, self._store.database
        self._ingest = Ingest(self._store, self._name, config.ingest, round(config.aggregate.window_s * 1000))
        self._ingest.denied = self._denied.look()
        self._roll = Roll(config.presence, queries.said(database, "presence"))
        self._newest = Newest(round(config.publish.interval_s * 1000))
        for row in queries.newest(database):
            self._newest.take(row)
        windows = config.aggregate
        self._aggregator = Aggregator(
            round(windows.window_s * 1000), round(windows.lateness_s * 1000), queries.watermarks(database)
        )
        for row in queries.open_rows(database):
            self._aggregator.take((row.node, row.stream), row.columns, [row.event_ms], [row.values])
        self._units: dict[str, Mapping[str, Mapping[str, str]]] = {}
        self._steering = Steering(self._name, self._store, config.policy, config.site.zone)
        self._foretelling = Foretelling(database)
        self._rollouts = Steward(self._store)
        wanted = {node: codec.decode("desired", payload) for node, payload in queries.desired(database).items()}
        desired = {node: message for node, message in wanted.items() if isinstance(message, Desired)}
        self._wishes = Wishes(self._store, desired)
        for kind in ("reported", "health"):
            for node, received_ms, _, payload in queries.said(database, kind):
                self._learn(node, codec.decode(kind, payload), received_ms)
        self._files = Files(config.models)
        self._offers = Offers(database, {node: each.model for node, each in desired.items() if each.model})
        self._escalations = Escalations(self._name, self._store, config.escalate, self._say_better)
        every_ms = round(config.push.watermark_s * 1000)
        self._push = Push(
            self._name, desired, lambda node: queries.boots(database, node), every_ms, self._steering.envelope
        )

    def commit(self, deliveries: Iterable[Delivery], now_ms: int) -> list[Outgoing]:
        """Commit a batch.

        Returns:
            The receipts, and whatever else follows at once.

        Raises:
            StoreError: nothing was done; try the same batch again.
        """
        done = self._ingest.commit(deliveries, now_ms)
        log.debug("committed %s", done.counters)
        for node in done.heard:
            self._roll.hear(node, now_ms)
            self._rollouts.heard(node)
        outgoing: list[Outgoing] = []
        for said in done.said:
            try:
                outgoing += self._take_said(said, now_ms)
            except (
                ArithmeticError,
                LookupError,
                TypeError,
                ValueError,
            ):  # ours; a retained one would come at every start
                log.exception("%s of %s was not understood, and is passed over", said.message.kind, said.node)
        for node in done.taken:
            self._push.receipted(node, now_ms)
        outgoing += self._receipts(done)
        outgoing += self._take_rows(done, now_ms)
        return outgoing

    def _receipts(self, done: Committed) -> list[Outgoing]:
        return [
            Outgoing(str(Topic(self._name, node, "receipt")), codec.encode(message))
            for node, taken in done.taken.items()
            for message in receipts.compose(taken)
        ]

    def _take_rows(self, done: Committed, now_ms: int) -> list[Outgoing]:
        """Hand new rows to the windows and to the subscribers."""
        outgoing = []
        newest: dict[tuple[str, str], Rows] = {}
        for rows in done.rows:
            key = (rows.series.node, rows.series.stream)
            late = self._aggregator.take(key, rows.series.columns, rows.event_ms, rows.values)
            self.counters["late"] += late
            if key not in newest or rows.event_ms[-1] >= newest[key].event_ms[-1]:
                newest[key] = rows
            if self._config.publish.results == "all":
                for at in range(len(rows.seqs)):
                    outgoing += self._say_result(_result(rows, at, now_ms))
        for rows in newest.values():
            self._newest.take(_result(rows, -1, now_ms))
        return outgoing

    def _take_said(self, said: Said, now_ms: int) -> list[Outgoing]:
        self._escalations.hear(said.node, said.message, now_ms, retained=said.retained)
        return self._answer(said, now_ms)

    def _answer(self, said: Said, now_ms: int) -> list[Outgoing]:
        message = said.message
        if isinstance(message, Presence):
            self._take_presence(said, message, now_ms)
        elif isinstance(message, Ask) and message.what is AskKind.TIME:
            self._push.hurry(said.node, now_ms)
        elif isinstance(message, Ask) and message.what is AskKind.CHUNK:
            piece = self._files.answer(said.node, message, now_ms)
            if piece is not None:
                return [Outgoing(str(Topic(self._name, said.node, "file")), codec.encode(piece))]
        else:
            self._hear_of(said.node, message, now_ms)
        if isinstance(message, Health):
            return [output.energy(self._name, said.node, account(said.node, now_ms, message))]
        return []

    def _take_presence(self, said: Said, message: Presence, now_ms: int) -> None:
        node = said.node
        before = self._roll.lives.get(node)
        if self._roll.say(node, message, said.payload, now_ms, retained=said.retained):
            self._push.hurry(node, now_ms)
        if self._roll.lives[node] is not before and message.state is not State.LOST:
            self._rollouts.heard(node)

    def _hear_of(self, node: str, message: Message, now_ms: int) -> None:
        """Take in what a node told of itself just now, and answer where it waits for a word."""
        if self._learn(node, message, now_ms):
            self._push.review([node], now_ms)
        if self._steering.answers(node, message):
            self._push.hurry(node, now_ms)

    def _learn(self, node: str, message: object, now_ms: int) -> bool:
        """Take in what a node told of itself; whether another policy may be meant for it now."""
        if isinstance(message, Reported):
            self._units[node] = message.streams
        self._foretelling.hear(node, message)
        self._rollouts.learn(node, message)
        self._wishes.hear(node, message, now_ms)
        return self._steering.learn(node, message, now_ms)

    def _say_result(self, row: Result) -> list[Outgoing]:
        units = self._units.get(row.node, {}).get(row.stream, {})
        return self._said_safely(row.node, lambda: output.result(self._name, row, units))

    def _say_better(self, row: Result) -> list[Outgoing]:
        """Say a row again, with a better answer; retained where it is the newest, for time does not turn back."""
        is_newest = self._newest.correct(row)
        return [replace(each, retain=is_newest) for each in self._say_result(row)]

    def _say_window(self, message: Aggregate, *, final: bool) -> list[Outgoing]:
        return self._said_safely(message.node, lambda: output.aggregate(self._name, message, final=final))

    def _said_safely(self, node: str, say: Callable[[], list[Outgoing]]) -> list[Outgoing]:
        """Return what to publish; nothing for what cannot be said, because it would stop all the others at every start.

        Ingest should have refused it, so this is a fault of the gateway's, and counted as one.
        """
        try:
            return say()
        except (ArithmeticError, LookupError, TypeError, ValueError):  # WireError is a ValueError
            log.exception("something of %s cannot be published, and is passed over", node)
            self.counters["unsaid"] += 1
            return []

    def tick(self, now_ms: int) -> list[Outgoing]:
        """Do what is due: presence, results, windows, desired states, retention.

        Returns:
            What to publish.

        Raises:
            StoreError: the disk refused; what was not written is due again.
        """
        self._ingest.denied = self._denied.look()
        self._ends.look(now_ms, self._roll.longest_ms)
        outgoing = [output.presence(self._name, *each) for each in self._roll.changed(now_ms)]
        for row in self._newest.due(now_ms):
            outgoing += self._say_result(row)
        self._push.review(self._steering.tick(self._roll.lives, now_ms), now_ms)
        if self._rollouts.tick(now_ms, self._roll.lives):
            self._offers.look_again()
        outgoing += self._tell(now_ms)
        outgoing += self._escalations.tick(now_ms)
        if now_ms >= self._aggregates_ms:
            self._aggregates_ms = now_ms + round(self._config.publish.aggregates_s * 1000)
            outgoing += self._windows()
            self._is_ripe = True
        if self._is_ripe:
            outgoing += self._close_windows()
        if now_ms >= self._trim_ms:
            oldest_ms = self._watch.oldest_ms(self._config.store, now_ms)
            gone = retention.trim(self._store, self._config.store, oldest_ms)
            self._sweep(now_ms)
            self._trim_ms = now_ms + (1_000 if gone else 60_000)
        self._count()
        return outgoing

    def _count(self) -> None:
        """Write what was counted after a commit: an error of the disk in there would have all of it done again."""
        if self.counters.total():
            with self._store.transaction():
                self._store.count(self.counters)
            self.counters.clear()

    def _sweep(self, now_ms: int) -> None:
        models = self._config.models
        if now_ms >= self._sweep_ms:
            self._sweep_ms = now_ms + _HOUR_MS
            sweep(models.folder, self._offers.digests, round(models.most_mb * 1e6), now_ms)

    def _tell(self, now_ms: int) -> list[Outgoing]:
        """Store what nodes are to be told, and what is known of them; then tell them."""
        for node, forecast in self._foretelling.due(now_ms):
            self._push.foretell(node, forecast, now_ms)
        for node, offer in self._offers.changed().items():
            self._push.offer(node, offer, now_ms)
        for node, wish in self._wishes.changed(now_ms).items():
            self._push.wish(node, wish, now_ms)
        desired = self._push.due(now_ms)
        messages = {node: self._push.message(node, each) for node, each in desired.items()}
        unkept = self._roll.unkept(now_ms)
        if messages or unkept:
            with self._store.transaction():
                self._store.keep_said(unkept)
                self._store.keep_desired(
                    [(node, desired[node].version, message.payload) for node, message in messages.items()]
                )
        self._push.told(desired)
        return list(messages.values())

    def _windows(self) -> list[Outgoing]:
        """Say the windows that changed."""
        length_ms = self._aggregator.window_ms
        outgoing = []
        for each in self._aggregator.changed():
            for message in windows.messages(each, length_ms):
                outgoing += self._say_window(message, final=False)
        return outgoing

    def _close_windows(self) -> list[Outgoing]:
        """Write and say the windows that are over; what cannot be said is not written either."""
        ripe = self._aggregator.ripe(_WINDOWS_A_TICK)
        self._is_ripe = len(ripe) == _WINDOWS_A_TICK  # the others come with the next tick
        outgoing: list[Outgoing] = []
        finals = []
        for each in ripe:
            for message in windows.messages(each, self._aggregator.window_ms):
                said = self._say_window(message, final=True)
                outgoing += said
                finals += [(message, each.window.sketch(message.column))] if said else []
        if ripe:
            with self._store.transaction():
                self._store.close_windows(finals, self._aggregator.watermarks(ripe))
            self._aggregator.close(ripe)
        return outgoing

    def repeat(self, now_ms: int) -> list[Outgoing]:
        """Return all that is retained of nodes, for a broker that may have lost it."""
        outgoing = [output.presence(self._name, *each) for each in self._roll.all(now_ms)]
        outgoing += [self._push.message(node, each) for node, each in self._push.all().items()]
        for node, body in queries.energies(self._store.database).items():
            outgoing.append(output.energy(self._name, node, body))
        for row in self._newest.all():
            outgoing += self._say_result(row)
        return outgoing + self._escalations.repeat()

    def prove(self) -> list[Outgoing]:
        """Write to the disk for the sake of it.

        Raises:
            StoreError: it refuses still.
        """
        self._store.prove()
        return []

    @property
    def trouble(self) -> str:
        """What keeps larger models from answering, for the operator; may be asked by any thread."""
        return self._escalations.trouble

    @property
    def ending(self) -> str:
        """Which signatures of models end soon or have ended, and what to run; may be asked by any thread."""
        return self._ends.reason

    def close(self) -> None:
        """End what works beside the site's thread."""
        self._escalations.close()


def _result(rows: Rows, at: int, now_ms: int) -> Result:
    series = rows.series
    return Result(
        node=series.node,
        stream=series.stream,
        model=series.model,
        boot_id=rows.boot_id,
        seq=rows.seqs[at],
        time_ms=rows.times_ms[at],
        quality=rows.quality,
        event_ms=rows.event_ms[at],
        received_ms=now_ms,
        columns=series.columns,
        values=rows.values[at],
    )
