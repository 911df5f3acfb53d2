"""Questions to the database, for `status`, restarts, and the API that is to come. They change nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from gateway.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path


def status(path: Path) -> dict[str, object]:
    """Count what is stored.

    Args:
        path: of the database; a running gateway is not disturbed.

    Raises:
        StoreError: there is none, or it cannot be read.
    """
    if not path.exists():
        raise StoreError(f"no database {path}; the gateway makes it when it first runs")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as database:
            counters = dict(database.execute("SELECT name, value FROM counter ORDER BY name"))
            (stored,) = database.execute("SELECT count(*) FROM record").fetchone()
            (raws,) = database.execute("SELECT count(*) FROM raw").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error
    return {
        "records_stored": stored,
        "raw_stored": raws,
        "duplicates": counters.get("duplicates", 0),
        "quarantined": counters.get("quarantined", 0),
        "counters": counters,
    }
