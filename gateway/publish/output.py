"""What subscribers get: plain JSON under `torpor/1/<site>/_/...`, and the same as CBOR beside it. Pure.

    _/<node>/results/<stream>              the newest row, retained; again when somebody knew better (`answered_by`)
    _/<node>/aggregate/<stream>/<column>   the newest window, retained; closed windows once, not retained
    _/<node>/presence                      the word to show, retained
    _/<node>/energy                        where its joules went, measured and modelled apart, retained
    _/<node>/cascade                       how often it is unsure, who answers then, `drift` where that rose, retained
    _/status                               the gateway itself, retained

A topic with `/cbor` behind it carries the message of `node.wire` that its JSON was made from.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from gateway.outgoing import Outgoing
from node.wire import codec, topics
from node.wire.messages import Aggregate, Column, Results
from node.wire.quantities import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.publish.presence import Life, Shown

QUALITIES: Final = ("synced", "drifting", "unset")
UNITS: Final[Mapping[str, str]] = {each.name: each.unit for each in QUANTITIES if each.unit}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One row, as it was stored.

    Attributes:
        answered_by: node, gateway or cloud; the last two where the node was unsure, and then their answer is in it.
        unanswered: the node was unsure, and nobody had a better answer, for this reason.
        node_label: what the node itself said, where somebody answered.
    """

    node: str
    stream: str
    model: str
    boot_id: bytes
    seq: int
    time_ms: int
    quality: int
    event_ms: int
    received_ms: int
    columns: tuple[str, ...]
    values: Sequence[object]
    answered_by: str = "node"
    unanswered: str = ""
    node_label: object = None


def iso(time_ms: int) -> str:
    """Return a time as people and JSON libraries read it.

    >>> iso(1_700_000_000_123)
    '2023-11-14T22:13:20.123Z'
    """
    try:
        return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):  # a node's clock in the year 287,396
        return ""


def corrected(row: Result, by: str, model: str, *answer: object) -> Result:
    """Return a row with the answer of somebody who knows better than the node; or with why nobody does.

    Args:
        row: as the node said it.
        by: gateway, cloud, or nobody.
        model: what answered.
        answer: label, confidence, margin, and a note.
    """
    *better, note = answer
    if not by:
        return replace(row, unanswered=str(note))
    told = dict(zip(("label", "confidence", "margin"), better, strict=True))
    own = dict(zip(row.columns, row.values, strict=True))
    values = [told.get(name, value) for name, value in own.items()]
    return replace(row, values=values, model=model, answered_by=by, node_label=own.get("label"))


def result(site: str, row: Result, units: Mapping[str, str]) -> list[Outgoing]:
    """Return a row as JSON and as CBOR.

    Args:
        site: for the topic.
        row: what to say.
        units: what the node says of its columns; the registry of quantities knows the rest.
    """
    values = {name: _plain(value) for name, value in zip(row.columns, row.values, strict=True)}
    known = {**UNITS, **units}
    body = {
        "node": row.node,
        "stream": row.stream,
        "time": iso(row.event_ms),
        "time_ms": row.event_ms,
        "values": values,
        "units": {name: known[name] for name in row.columns if known.get(name)},
        "model": row.model or None,
        "seq": row.seq,
        "boot": row.boot_id.hex(),
        "clock": QUALITIES[row.quality] if row.quality < len(QUALITIES) else "unset",
        "received": iso(row.received_ms),
        "answered_by": row.answered_by,
        **({"unanswered": row.unanswered} if row.unanswered else {}),
        **({"node_label": row.node_label} if row.answered_by != "node" else {}),
    }
    return [
        _json(topics.output(site, row.node, "results", row.stream), body, retain=True),
        Outgoing(
            topics.output(site, row.node, "results", row.stream, "cbor"), codec.encode(_results(row)), retain=True
        ),
    ]


def _results(row: Result) -> Results:
    # A reading that was none is NaN on the wire, and null in the database that a restart reads it from.
    values = [math.nan if value is None else value for value in row.values]
    columns = [Column(name=name, values=[value]) for name, value in zip(row.columns, values, strict=True)]  # type: ignore[list-item]
    return Results(
        boot_id=row.boot_id,
        seqs=[row.seq],
        times_ms=[row.time_ms],
        time_quality=row.quality,
        stream=row.stream,
        columns=columns,
        model=row.model,
    )


def aggregate(site: str, message: Aggregate, *, final: bool) -> list[Outgoing]:
    """Return a window of one column as JSON and as CBOR.

    Args:
        site: for the topic.
        message: the window.
        final: nothing will be added to it; an open one is retained, so that a late subscriber has it.
    """
    body = {
        "node": message.node,
        "stream": message.stream,
        "column": message.column,
        "unit": UNITS.get(message.column),
        "start": iso(message.start_ms),
        "end": iso(message.end_ms),
        "final": final,
        "count": message.count,
        "sum": message.total,
        "min": message.least,
        "max": message.most,
        "mean": message.mean,
        "variance": message.variance,
        "quantiles": dict(message.quantiles),
        "classes": dict(message.classes),
    }
    levels = (message.node, "aggregate", message.stream, message.column)
    return [
        _json(topics.output(site, *levels), body, retain=not final),
        Outgoing(topics.output(site, *levels, "cbor"), codec.encode(message), retain=not final),
    ]


def presence(site: str, node: str, life: Life, shown: Shown) -> Outgoing:
    """Return what to show of a node."""
    body = {
        "node": node,
        "state": shown.word,
        "since": iso(life.said_ms),
        "heard": iso(life.heard_ms),
        "awake_until": iso(life.awake_until_ms) if life.awake_until_ms else None,
        "expected": iso(max(life.said_ms, life.heard_ms) + life.promise_ms) if shown.look_ms is not None else None,
    }
    return _json(topics.output(site, node, "presence"), body, retain=True)


def energy(site: str, node: str, body: Mapping[str, object]) -> Outgoing:
    """Return where a node's joules went, as `gateway.publish.energy` puts it."""
    return _json(topics.output(site, node, "energy"), body, retain=True)


def cascade(site: str, node: str, body: Mapping[str, object]) -> Outgoing:
    """Return how a node's cascade does, as `gateway.escalate.account` puts it."""
    return _json(topics.output(site, node, "cascade"), body, retain=True)


def status(
    site: str, state: str, counters: Mapping[str, int] | None = None, reasons: Mapping[str, str] | None = None
) -> Outgoing:
    """Return the gateway's own state; `lost` is spoken by the broker, as its will.

    Args:
        site: whose.
        state: `ready`, `disconnected` or `lost`.
        counters: what it counted at its edges, since its start.
        reasons: what is not as it should be: `store`, `broker`, `escalate`; empty where all is well.
    """
    body = {"site": site, "state": state, "reasons": dict(reasons or {}), **(counters or {})}
    return _json(topics.output(site, "status"), body, retain=True)


def _json(topic: str, body: Mapping[str, object], *, retain: bool) -> Outgoing:
    return Outgoing(topic, json.dumps(body, allow_nan=False).encode(), retain=retain)


def _plain(value: object) -> object:
    """Return the value, or null for a number that is none."""
    return None if isinstance(value, float) and value - value != 0 else value


class Newest:
    """The newest row of each stream, and which of them subscribers have not seen.

    Args:
        interval_ms: a stream is written at most this often.
    """

    def __init__(self, interval_ms: int) -> None:
        self._interval_ms = interval_ms
        self._rows: dict[tuple[str, str], Result] = {}
        self._waiting: dict[tuple[str, str], int] = {}
        self._written_ms: dict[tuple[str, str], int] = {}

    def take(self, row: Result) -> None:
        """Keep a row, unless a newer one is here: a resend does not turn time back."""
        key = (row.node, row.stream)
        held = self._rows.get(key)
        if held is None or row.event_ms >= held.event_ms:
            self._rows[key] = row
            self._waiting.setdefault(key, self._written_ms.get(key, 0) + self._interval_ms)

    def correct(self, row: Result) -> bool:
        """Put a better answer in the place of the node's own; whether that is the newest row of its stream."""
        held = self._rows.get((row.node, row.stream))
        is_newest = held is not None and (held.boot_id, held.seq) == (row.boot_id, row.seq)
        if is_newest:
            self._rows[row.node, row.stream] = row
        return is_newest

    def due(self, now_ms: int) -> list[Result]:
        """Return what may be written now."""
        ready = [key for key, due_ms in self._waiting.items() if due_ms <= now_ms]
        for key in ready:
            del self._waiting[key]
            self._written_ms[key] = now_ms
        return [self._rows[key] for key in ready]

    def all(self) -> list[Result]:
        """Return the newest row of each stream."""
        return list(self._rows.values())
