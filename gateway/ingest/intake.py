"""Ingest: what the broker delivered becomes rows, in one transaction, with the receipts that this earns.

One commit takes a batch of deliveries through sorting (topic, rate limit, decoding), and then each boot's rows, all
together, through dedupe and insertion. Nothing a message holds can stop the others: what breaks the contract is
counted and quarantined. The topic's node is the one
that counts; a message has no field for another. It does not touch the network: the caller acknowledges to the
broker, and sends the receipts, when `commit` has returned and not before.
"""

from __future__ import annotations

import json
import logging
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from gateway.ingest.dedupe import Seen
from gateway.ingest.event_time import event_times
from gateway.ingest.limit import BOOT_TOKENS, WINDOW_TOKENS, Limit
from gateway.push.receipts import Taken
from gateway.store.database import Record, Refused
from node.wire import codec, topics
from node.wire.errors import WireError
from node.wire.messages import Message, Raw, Results

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway import config
    from gateway.store.database import Store

log = logging.getLogger(__name__)

MOST_BOOTS: Final = 4096
"""Boots whose `Seen` stays in memory; ten thousand invented boot ids only cost the inventor look-ups."""
MOST_SERIES: Final = 20_000
MOST_KEPT_BYTES: Final = 4096
"""Of a message in quarantine: enough to see what it is, too little to fill a disk by."""
LATEST: Final = ("health", "reported")
"""Kinds of which the last message of each node is kept, as it came; presence is kept by the roll."""
_ENCODE: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class Delivery(Protocol):
    """A message as the broker delivered it."""

    @property
    def topic(self) -> str:
        """Where it came in."""
        ...

    @property
    def payload(self) -> bytes:
        """What it holds."""
        ...

    @property
    def retain(self) -> bool:
        """Whether the broker had kept it, and it is not news."""
        ...


@dataclass(frozen=True, slots=True)
class Boot:
    """One boot of a node, as this process remembers it."""

    key: int
    seen: Seen


@dataclass(frozen=True, slots=True)
class Series:
    """Rows that share their columns."""

    key: int
    node: str
    stream: str
    model: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What a commit found new in one series of one boot: parallel sequences."""

    series: Series
    boot_id: bytes
    quality: int
    seqs: Sequence[int]
    times_ms: Sequence[int]
    event_ms: Sequence[int]
    values: Sequence[Sequence[object]]


@dataclass(frozen=True, slots=True)
class Said:
    """Anything but results: presence, health, reported, ask, and raw once it is stored."""

    node: str
    message: Message
    payload: bytes
    retained: bool


@dataclass(slots=True)
class Committed:
    """What one commit did.

    Attributes:
        taken: by node, what to receipt.
        rows: what was new.
        said: what else nodes said, in order.
        heard: nodes of which something arrived just now.
        counters: what to add to the counters.
    """

    taken: dict[str, Taken] = field(default_factory=dict)
    rows: list[Rows] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    heard: set[str] = field(default_factory=set)
    counters: Counter[str] = field(default_factory=Counter)


class _Key(NamedTuple):
    """What the rows of a group share. A tuple, because one is made for every message."""

    node: str
    boot_id: bytes
    quality: int
    stream: str
    model: str
    columns: tuple[str, ...]


_Row = tuple[int, int, int, "tuple[object, ...]", str]
"""seq, time_ms, event_ms, values, and the values as JSON."""


@dataclass(slots=True)
class _Batch:
    """The rows of a commit while it is being put together."""

    now_ms: int
    done: Committed = field(default_factory=Committed)
    groups: dict[_Key, list[_Row]] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    raws: list[tuple[int, int, int, bytes]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    boots: dict[int, Seen] = field(default_factory=dict)
    latest: dict[tuple[str, str], bytes] = field(default_factory=dict)
    paid: set[tuple[str, bytes]] = field(default_factory=set)


class Ingest:
    """From deliveries to a commit; single-threaded.

    Attributes:
        denied: names of whom nothing is taken.

    Args:
        store: where rows go.
        site: whose messages are taken.
        params: limits.
        window_ms: how long the windows are that rows will be summed up in.
    """

    def __init__(self, store: Store, site: str, params: config.Ingest, window_ms: int = 300_000) -> None:
        self.denied: frozenset[str] = frozenset()
        self._window_ms = window_ms
        self._store = store
        self._site = site
        self._params = params
        self._limit = Limit(params.rate_per_s, params.burst)
        self._topics: dict[str, topics.Topic] = {}
        self._boots: OrderedDict[tuple[str, bytes], Boot] = OrderedDict()
        self._series: dict[tuple[str, str, str, tuple[str, ...]], Series] = {}

    def commit(self, deliveries: Iterable[Delivery], now_ms: int) -> Committed:
        """Take a batch.

        Args:
            deliveries: in the order they came.
            now_ms: by the gateway's clock.

        Returns:
            What was done, and is on disk.

        Raises:
            StoreError: nothing was done; the same batch may be tried again.
        """
        batch = _Batch(now_ms=now_ms)
        try:
            with self._store.transaction():
                for each in deliveries:
                    self._take(each, batch)
                for key, rows in batch.groups.items():
                    self._take_rows(key, rows, batch)
                self._write(batch)
        except BaseException:
            # The memory ran ahead of what is on disk: forget it, the database knows.
            self._boots.clear()
            self._series.clear()
            raise
        return batch.done

    def _take(self, each: Delivery, batch: _Batch) -> None:
        """Take one message: the boundary behind which nothing that it holds can hurt."""
        batch.done.counters["messages"] += 1
        try:
            self._sort(each, batch)
        except WireError as error:
            self._refuse(each, error.reason, str(error), batch)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:  # ours: a decoder let something through
            log.exception("a message on %s was not understood; it is in quarantine", each.topic)
            self._refuse(each, "internal", repr(error), batch)

    def _sort(self, each: Delivery, batch: _Batch) -> None:
        payload = each.payload
        topic = self._topics.get(each.topic) or self._parse(each, batch.now_ms)
        if topic is None or not self._limit.allows(topic.node, len(payload), batch.now_ms):
            batch.done.counters["limited"] += 1
            return
        if topic.node in self.denied:
            raise WireError("revoked", f"{topic.node} may not speak here any more")
        message = codec.decode(topic.kind, payload)
        if isinstance(message, Results | Raw) and not self._can_pay(topic.node, message, batch):
            batch.done.counters["limited"] += 1
            return
        if type(message) is Results:
            self._gather(topic.node, message, batch)
        else:
            if type(message) is Raw:
                self._take_raw(topic.node, message, payload, batch)
            batch.done.said.append(Said(topic.node, message, payload, each.retain))
            if topic.kind in LATEST:
                batch.latest[topic.node, topic.kind] = payload
        if not each.retain and topic.kind != "presence":  # the broker speaks a dead node's will
            batch.done.heard.add(topic.node)

    def _gather(self, node: str, message: Results, batch: _Batch) -> None:
        """Put a message's rows to those of its kind; what can fail comes first: it is taken whole, or not at all."""
        if not message.columns:
            raise WireError("bad-body", "rows without columns")
        columns, cells, _ = zip(*message.columns, strict=True)
        values = list(zip(*cells, strict=True))
        event_ms = event_times(message.times_ms, message.time_quality, batch.now_ms)
        rows = list(zip(message.seqs, message.times_ms, event_ms, values, map(_body, values), strict=True))
        key = _Key(node, message.boot_id, message.time_quality, message.stream, message.model, columns)
        if key not in batch.groups:
            self._find_series((node, message.stream, message.model, columns))
        batch.groups.setdefault(key, []).extend(rows)

    def _can_pay(self, node: str, message: Results | Raw, batch: _Batch) -> bool:
        """Take the tokens for what a message makes dear: a boot to enter, windows to keep."""
        times_ms = message.times_ms if isinstance(message, Results) else ()
        windows = min((max(times_ms) - min(times_ms)) // self._window_ms, len(times_ms) - 1) if len(times_ms) > 1 else 0
        boot = (node, message.boot_id)
        is_new = boot not in self._boots and boot not in batch.paid
        if is_new or windows:
            if not self._limit.borrows(node, BOOT_TOKENS * is_new + WINDOW_TOKENS * windows, batch.now_ms):
                return False
            batch.paid.add(boot)
        return True

    def _parse(self, each: Delivery, now_ms: int) -> topics.Topic | None:
        """Read a topic that was not seen lately. None for one of too many that nobody can have."""
        text = each.topic
        try:
            topic = topics.parse(text)
        except WireError:
            if self._limit.allows(topics.OUTPUT, len(each.payload), now_ms):  # they have one bucket, all together
                raise
            return None
        if topic.site != self._site or not topic.is_up:
            raise WireError("bad-topic", f"{text!r} is not for this gateway")
        if len(self._topics) > MOST_SERIES:
            self._topics.clear()
        self._topics[text] = topic
        return topic

    def _take_rows(self, key: _Key, rows: list[_Row], batch: _Batch) -> None:
        """Take the rows of a group: what is new among them goes to the table, all of them are receipted."""
        series = self._find_series((key.node, key.stream, key.model, key.columns))
        boot = self._boot(key.node, key.boot_id, batch)
        batch.done.taken.setdefault(key.node, {}).setdefault(key.boot_id, []).extend([row[0] for row in rows])
        fresh = [row for row in rows if self._is_new(boot, row[0])]
        batch.done.counters["records"] += len(fresh)
        batch.done.counters["duplicates"] += len(rows) - len(fresh)
        if not fresh:
            return
        batch.records += [
            (boot.key, seq, series.key, event_ms, time_ms, key.quality, batch.now_ms, body)
            for seq, time_ms, event_ms, _, body in fresh
        ]
        seqs, times_ms, event_ms, values, _ = zip(*fresh, strict=True)
        batch.done.rows.append(
            Rows(
                series=series,
                boot_id=key.boot_id,
                quality=key.quality,
                seqs=seqs,
                times_ms=times_ms,
                event_ms=event_ms,
                values=values,
            )
        )

    def _take_raw(self, node: str, message: Raw, payload: bytes, batch: _Batch) -> None:
        boot = self._boot(node, message.boot_id, batch)
        batch.done.taken.setdefault(node, {}).setdefault(message.boot_id, []).append(message.seq)
        if self._is_new(boot, message.seq):
            batch.done.counters["raw_windows"] += 1
            batch.raws.append((boot.key, message.seq, batch.now_ms, payload))
        else:
            batch.done.counters["duplicates"] += 1

    def _is_new(self, boot: Boot, seq: int) -> bool:
        verdict = boot.seen.add(seq)
        return not self._store.holds(boot.key, seq) if verdict is None else verdict

    def _boot(self, node: str, boot_id: bytes, batch: _Batch) -> Boot:
        boot = self._boots.get((node, boot_id))
        if boot is None:
            boot = self._boots[node, boot_id] = Boot(*self._store.boot(node, boot_id, batch.now_ms))
            self._let_go(batch)
        batch.boots[boot.key] = boot.seen
        return boot

    def _let_go(self, batch: _Batch) -> None:
        """Keep the memory bounded: the boots that were entered first are asked for again when they come."""
        while len(self._boots) > MOST_BOOTS:
            _, old = self._boots.popitem(last=False)
            if old.key in batch.boots:  # it may come again within this very batch, and must then be found up to date
                self._store.note_seen([(old.key, batch.boots.pop(old.key))], batch.now_ms)

    def _find_series(self, key: tuple[str, str, str, tuple[str, ...]]) -> Series:
        series = self._series.get(key)
        if series is None:
            if len(self._series) >= MOST_SERIES:
                self._series.clear()
            number = self._store.series(*key, most_streams=self._params.streams)
            if number is None:
                raise WireError(
                    "too-many-streams", f"{key[1]!r}; {self._params.streams} have their place (ingest.streams)"
                )
            series = self._series[key] = Series(number, *key)
        return series

    def _refuse(self, each: Delivery, reason: str, detail: str, batch: _Batch) -> None:
        batch.done.counters["quarantined"] += 1
        batch.done.counters[f"quarantined.{reason}"] += 1
        if len(batch.refused) < self._params.quarantine_rows:
            payload = each.payload[:MOST_KEPT_BYTES]
            cut = (
                f" (the first {len(payload)} of {len(each.payload)} bytes)" if len(payload) < len(each.payload) else ""
            )
            batch.refused.append((batch.now_ms, each.topic[:256], reason, detail[:256] + cut, payload))

    def _write(self, batch: _Batch) -> None:
        now_ms, store = batch.now_ms, self._store
        store.add(batch.records, batch.raws)
        store.note_seen(batch.boots.items(), now_ms)
        store.keep_said((node, kind, now_ms, now_ms, payload) for (node, kind), payload in batch.latest.items())
        if batch.refused:
            store.quarantine(batch.refused, self._params.quarantine_rows)
        store.count(batch.done.counters)


def _body(values: Sequence[object]) -> str:
    """Encode a row; a number that is none (NaN, infinite) becomes null, because JSON has no word for it.

    Python writes a number as JSON does, in a third less time than its JSON encoder; whatever is no finite number
    shows by a quotation mark or an n: nan, inf, None.

    >>> _body((21.5, 7, float("nan"))), _body(("a, b", -1e-7))
    ('[21.5,7,null]', '["a, b",-1e-07]')
    """
    text = repr(list(values)).replace(", ", ",")
    if "n" not in text and "'" not in text and '"' not in text:
        return text
    return _ENCODE([None if isinstance(each, float) and each - each != 0 else each for each in values])
