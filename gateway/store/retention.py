"""Retention: what is too old, or too much, goes; a little at a time, so that ingest never waits for it.

Age needs a clock that can be believed. One that leapt to 2038 would make a year's records too old at a stroke, and what
came while it stood in 1970 would be too old once it is set: so age is judged by a clock that has not leapt for a while,
and only of what was received since Torpor exists. What is too much goes by any clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.ingest.event_time import EARLIEST_MS

if TYPE_CHECKING:
    import sqlite3

    from gateway import config
    from gateway.store.database import Store

_PORTION: Final = 5000
_WINDOWS: Final = 500
"""Of raw windows: as many bytes as a portion of records, and more."""
_DAY_MS: Final = 86_400_000
_LEAP_MS: Final = 600_000
"""Nobody asks for the time so seldom: a step of more is a clock that was set, or a machine that slept."""
_STEADY_MS: Final = 6 * 3_600_000


class Watch:
    """Tells how far back records are kept, by a clock that may leap."""

    def __init__(self) -> None:
        self._last_ms = self._since_ms = 0

    def oldest_ms(self, params: config.Store, now_ms: int) -> int:
        """Return before when a record is too old; at the earliest time there is while the clock is not to be believed.

        Args:
            params: the limits.
            now_ms: by the gateway's clock; asked for again and again.
        """
        if not 0 <= now_ms - self._last_ms <= _LEAP_MS:
            self._since_ms = now_ms
        self._last_ms = now_ms
        steady = now_ms - self._since_ms >= _STEADY_MS
        return now_ms - int(params.retain_days * _DAY_MS) if steady else EARLIEST_MS


def trim(store: Store, params: config.Store, oldest_ms: int) -> int:
    """Remove one portion of the oldest records, if any is due.

    Records arrive in the order of their ids, so the oldest are found without a search. What was *seen* of a boot is
    kept: an old resend must not come back to life.

    Args:
        store: to trim.
        params: the limits.
        oldest_ms: what was received before is too old.

    Returns:
        Records removed.
    """
    database = store.database
    with store.transaction():
        _trim_windows(database, params, oldest_ms)
        gone = database.execute(
            "DELETE FROM record WHERE id IN (SELECT id FROM record ORDER BY id LIMIT ?)"
            " AND (received_ms BETWEEN ? AND ? OR ?)",
            (_PORTION, EARLIEST_MS, oldest_ms - 1, _is_too_large(store, params)),
        ).rowcount
        database.execute(
            "DELETE FROM boot WHERE heard_ms BETWEEN ? AND ?"
            " AND NOT EXISTS (SELECT 1 FROM record WHERE record.boot = boot.id)"
            " AND NOT EXISTS (SELECT 1 FROM raw WHERE raw.boot = boot.id)",
            (EARLIEST_MS, oldest_ms - 1),
        )
        database.execute("DELETE FROM aggregate WHERE end_ms BETWEEN ? AND ?", (EARLIEST_MS, oldest_ms - 1))
    return gone


def _trim_windows(database: sqlite3.Connection, params: config.Store, oldest_ms: int) -> None:
    """Remove the raw windows that are too many or too large together, and a portion of those too old.

    They have limits of their own, or one camera would push out everybody's records.
    """
    database.execute("DELETE FROM raw WHERE id <= (SELECT max(id) FROM raw) - ?", (params.raw_rows,))
    database.execute(
        "DELETE FROM raw WHERE id <= (SELECT max(id) FROM"
        " (SELECT id, sum(length(payload)) OVER (ORDER BY id DESC) AS newer_bytes FROM raw) WHERE newer_bytes > ?)",
        (params.raw_mb * 1e6,),
    )
    database.execute(
        "DELETE FROM raw WHERE id IN (SELECT id FROM raw ORDER BY id LIMIT ?) AND received_ms BETWEEN ? AND ?",
        (_WINDOWS, EARLIEST_MS, oldest_ms - 1),
    )


def _is_too_large(store: Store, params: config.Store) -> bool:
    """Whether the pages in use are over the limit; freed ones are used again and do not count."""
    pages, free, size_bytes = (
        store.database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return bool((pages - free) * size_bytes > params.retain_mb * 1e6)
