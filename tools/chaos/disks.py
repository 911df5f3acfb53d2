"""What processes hold on disk, read while they run or after they were killed."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tools.chaos.journal import Stored

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_BUSY_S: Final = 30.0
_STORED: Final = (
    "SELECT boot.boot_id, record.seq, record.time_ms, record.body"
    " FROM record JOIN boot ON boot.id = record.boot WHERE boot.node = ?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """What a node's own disk says, for the whole life of its outbox.

    Attributes:
        committed: records that ever reached it.
        waiting: of those, still there.
        set_aside: of those, in quarantine.
        thinned: of those, dropped because it was full.
    """

    committed: int = 0
    waiting: int = 0
    set_aside: int = 0
    thinned: int = 0


def outbox(path: Path) -> Disk:
    """Read a node's outbox; one that was never made holds nothing."""
    tally = Counter(dict(_rows(path, "tally", "SELECT name, count FROM tally")))
    gone = tally["receipted"] + tally["quarantined"] + tally["dropped"]
    return Disk(
        committed=tally["committed"],
        waiting=tally["committed"] - gone,
        set_aside=tally["quarantined"],
        thinned=tally["dropped"],
    )


def stored(path: Path, node: str) -> Stored:
    """Read what a gateway's store holds of a node."""
    rows = [(boot_id.hex(), *row) for boot_id, *row in _rows(path, "record", _STORED, node)]
    return Stored(
        Counter((boot, seq) for boot, seq, _, _ in rows),
        {(boot, seq): (time_ms, tuple(json.loads(body))) for boot, seq, time_ms, body in rows},
    )


def counters(path: Path) -> Mapping[str, int]:
    """Read a gateway's own counters."""
    return dict(_rows(path, "counter", "SELECT name, value FROM counter"))


def _rows(path: Path, table: str, query: str, *arguments: str) -> list[tuple[Any, ...]]:
    """Ask a database; one that has no such table yet, or is not there, has no rows."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=_BUSY_S)) as database:
        made = database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        return list(database.execute(query, arguments)) if made else []
