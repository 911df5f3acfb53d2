"""Retention: what is too old, or too much, goes; a little at a time, so that ingest never waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gateway import config
    from gateway.store import Store

_PORTION: Final = 5000
_DAY_MS: Final = 86_400_000


def trim(store: Store, params: config.Store, now_ms: int) -> int:
    """Remove one portion of the oldest records, if any is due.

    Records arrive in the order of their ids, so the oldest are found without a search. What was *seen* of a boot is
    kept: an old resend must not come back to life.

    Args:
        store: to trim.
        params: the limits.
        now_ms: by the gateway's clock.

    Returns:
        Records removed.
    """
    oldest_ms = now_ms - int(params.retain_days * _DAY_MS)
    database = store.database
    with store.transaction():
        gone = database.execute(
            "DELETE FROM record WHERE id IN (SELECT id FROM record ORDER BY id LIMIT ?) AND (received_ms < ? OR ?)",
            (_PORTION, oldest_ms, _is_too_large(store, params)),
        ).rowcount
        database.execute("DELETE FROM raw WHERE id <= (SELECT max(id) FROM raw) - ?", (params.raw_rows,))
        database.execute(
            "DELETE FROM boot WHERE heard_ms < ? AND NOT EXISTS (SELECT 1 FROM record WHERE record.boot = boot.id)",
            (oldest_ms,),
        )
        database.execute("DELETE FROM aggregate WHERE end_ms < ?", (oldest_ms,))
    return gone


def _is_too_large(store: Store, params: config.Store) -> bool:
    """Whether the pages in use are over the limit; freed ones are used again and do not count."""
    pages, free, size_bytes = (
        store.database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return bool((pages - free) * size_bytes > params.retain_mb * 1e6)
