"""Questions to the database, for `status`, restarts, and the API that is to come. They change nothing."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gateway.errors import StoreError
from gateway.publish.energy import account
from gateway.publish.output import Result, corrected
from gateway.publish.roll import Roll
from node.wire import codec
from node.wire.messages import Health

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gateway import config
    from gateway.ingest.dedupe import Range

Span = tuple[str, str]
"""The first and the last of some nodes' names."""
ALL: Final[Span] = ("", "~")
"""Every name lies between these: it is `[a-z0-9-]`."""
_QUARANTINE: Final = (
    "SELECT id, received_ms, topic, reason, detail, payload FROM quarantine"
    " WHERE ?1 IN ('', reason) ORDER BY id DESC LIMIT ?2"
)


def status(path: Path, params: config.Presence, now_ms: int) -> dict[str, object]:
    """Count what is stored, and say how each node is.

    Args:
        path: of the database; a running gateway is not disturbed.
        params: by which to judge presence.
        now_ms: the time.

    Raises:
        StoreError: there is none, or it cannot be read.
    """
    with reading(path) as database:
        found = counted(database)
        nodes = Roll(params, said(database, "presence")).all(now_ms)
        joules = energies(database)
    counters = found.pop("counters")
    words = {node: shown.word for node, _, shown in sorted(nodes, key=lambda each: each[0])}
    return {**found, "nodes": words, "energy": joules, "counters": counters}


def counted(database: sqlite3.Connection) -> dict[str, Any]:
    """Count what is stored, and return what was counted when it came."""
    counters = dict(database.execute("SELECT name, value FROM counter ORDER BY name"))
    (stored,) = database.execute("SELECT count(*) FROM record").fetchone()
    (raws,) = database.execute("SELECT count(*) FROM raw").fetchone()
    return {
        "records_stored": stored,
        "raw_stored": raws,
        "duplicates": counters.get("duplicates", 0),
        "quarantined": counters.get("quarantined", 0),
        "counters": counters,
    }


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for questions alone; a running gateway is not disturbed.

    Raises:
        StoreError: there is none, or it cannot be read.
    """
    if not path.exists():
        raise StoreError(f"no database {path}; the gateway makes it when it first runs")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as database:
            yield database
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error


class Quarantined(NamedTuple):
    """A message that was refused."""

    id: int
    received_ms: int
    topic: str
    reason: str
    detail: str
    payload: bytes


def quarantine(path: Path, *, reason: str = "", most: int = 20) -> list[Quarantined]:
    """Return what was refused, the newest first.

    Args:
        path: of the database; a running gateway is not disturbed.
        reason: of this reason alone; empty for any.
        most: how many.

    Raises:
        StoreError: there is none, or it cannot be read.
    """
    with reading(path) as database:
        return [Quarantined(*row) for row in database.execute(_QUARANTINE, (reason, most))]


def boots(database: sqlite3.Connection, node: str, most: int = 8) -> list[tuple[bytes, tuple[Range, ...]]]:
    """Return what was seen of a node's boots, the newest first."""
    found = database.execute(
        "SELECT boot_id, seen FROM boot WHERE node = ? ORDER BY heard_ms DESC, id DESC LIMIT ?", (node, most)
    )
    return [(boot_id, tuple((first, last) for first, last in json.loads(seen))) for boot_id, seen in found]


def newest(database: sqlite3.Connection) -> Iterator[Result]:
    """Give the newest row of each series."""
    for (series,) in database.execute("SELECT id FROM series").fetchall():
        yield from results(database, "record.series = ? ORDER BY record.event_ms DESC LIMIT 1", (series,))


def between(
    database: sqlite3.Connection, node: str, stream: str, since_ms: int, until_ms: int, most: int = 10_000
) -> Iterator[Result]:
    """Give a stream's rows of a span of time, oldest first, at most `most`."""
    where = "series.node = ? AND series.stream = ? AND event_ms >= ? AND event_ms < ? ORDER BY event_ms LIMIT ?"
    return results(database, where, (node, stream, since_ms, until_ms, most))


def results(
    database: sqlite3.Connection, where: str, arguments: tuple[object, ...], *, as_said: bool = False
) -> Iterator[Result]:
    """Give rows that fit a condition of our own making, with the answers of those who know better than the node.

    Args:
        database: open.
        where: a literal.
        arguments: for it.
        as_said: the node's own answers instead.
    """
    query = (
        "SELECT series.node, stream, series.model, boot_id, record.seq, time_ms, quality, event_ms, received_ms,"  # noqa: S608 - as above
        " columns, body, answer.by, answer.model, answer.label, answer.confidence, answer.margin, answer.note"
        " FROM record JOIN series ON series.id = record.series JOIN boot ON boot.id = record.boot"
        f" LEFT JOIN answer ON answer.boot = record.boot AND answer.seq = record.seq WHERE {where}"
    )
    for row in database.execute(query, arguments):
        said = _result(*row[:11])
        yield said if as_said or row[11] is None else corrected(said, *row[11:])


def _result(*row: Any) -> Result:
    node, stream, model, boot_id, seq, time_ms, quality, event_ms, received_ms, columns, body = row
    return Result(
        node=node,
        stream=stream,
        model=model,
        boot_id=boot_id,
        seq=seq,
        time_ms=time_ms,
        quality=quality,
        event_ms=event_ms,
        received_ms=received_ms,
        columns=tuple(json.loads(columns)),
        values=json.loads(body),
    )


def open_rows(database: sqlite3.Connection) -> Iterator[Result]:
    """Give the rows that lie in no closed window, to make the open windows from again."""
    closed = watermarks(database)
    for series, node, stream in database.execute("SELECT id, node, stream FROM series").fetchall():
        where = "record.series = ? AND event_ms >= ? ORDER BY record.id"
        yield from results(database, where, (series, closed.get((node, stream), 0)), as_said=True)


def watermarks(database: sqlite3.Connection) -> dict[tuple[str, str], int]:
    """Return up to where windows are closed, by (node, stream)."""
    found = database.execute("SELECT node, stream, closed_ms FROM watermark")
    return {(node, stream): closed_ms for node, stream, closed_ms in found}


def names(database: sqlite3.Connection, after: str = "", most: int = -1) -> list[str]:
    """Return the nodes that were ever heard and whose names follow one, by name."""
    query = "SELECT node FROM said WHERE kind = 'presence' AND node > ? ORDER BY node LIMIT ?"
    return [node for (node,) in database.execute(query, (after, most))]


def said(database: sqlite3.Connection, kind: str, span: Span = ALL) -> Iterator[tuple[str, int, int, bytes]]:
    """Give the last message of a kind of every node in a span: (node, received_ms, heard_ms, payload)."""
    query = "SELECT node, received_ms, heard_ms, payload FROM said WHERE kind = ? AND node BETWEEN ? AND ?"
    return iter(database.execute(query, (kind, *span)).fetchall())


def energies(database: sqlite3.Connection, span: Span = ALL) -> dict[str, dict[str, object]]:
    """Return where each node's joules went, by node; one that has not told its health is not among them."""
    found: dict[str, dict[str, object]] = {}
    for node, received_ms, _, payload in sorted(said(database, "health", span)):
        message = codec.decode("health", payload)
        if isinstance(message, Health):
            found[node] = account(node, received_ms, message)
    return found


def desired(database: sqlite3.Connection, span: Span = ALL) -> dict[str, bytes]:
    """Return what every node in a span is wanted to be, by node."""
    return dict(database.execute("SELECT node, payload FROM desired WHERE node BETWEEN ? AND ?", span).fetchall())
