"""Foretelling: the forecast that was set, and which nodes are to be told of it.

A site has one, for all of its nodes. A command sets it, beside a running gateway, which takes it up within a tick. Each
day ends by itself: a service that falls silent does no harm.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from gateway.push.forecast import DAY_MS
from node.wire.messages import Forecast, Health

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from gateway.store.database import Store

LIVES_BY_IT: Final = "sun_expected_mj"
"""The figure in the health of a node with `[energy]`."""


def keep(store: Store, days: Mapping[date, float], now_ms: int) -> None:
    """Put a forecast in the place of the one before.

    Raises:
        StoreError: the disk refused; the one before stands.
    """
    with store.transaction():
        store.database.execute("DELETE FROM forecast")
        store.database.executemany(
            "INSERT INTO forecast (day_ms, wh_m2, set_ms) VALUES (?, ?, ?)",
            [(_midnight_ms(day), figure, now_ms) for day, figure in days.items()],
        )


def kept(database: sqlite3.Connection) -> list[tuple[int, float, int]]:
    """Return what was set: (day_ms, wh_m2, set_ms), the first day first."""
    return database.execute("SELECT day_ms, wh_m2, set_ms FROM forecast ORDER BY day_ms").fetchall()


class Foretelling:
    """Who is to be told which forecast; it is read again when another process has written to the database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Know nobody yet.

        Args:
            database: of the gateway.
        """
        self._database = database
        self._data_version = -1
        self._forecast: Forecast | None = None
        self._nodes: set[str] = set()
        self._untold: set[str] = set()

    def hear(self, node: str, health: object) -> None:
        """Note whether a node lives by the sun; one that says so for the first time is told soon."""
        if isinstance(health, Health) and LIVES_BY_IT in health.gauges and node not in self._nodes:
            self._nodes.add(node)
            self._untold.add(node)

    def due(self, now_ms: int) -> Iterator[tuple[str, Forecast]]:
        """Give who is to be told, and what; nobody where the last day is over."""
        (data_version,) = self._database.execute("PRAGMA data_version").fetchone()
        if data_version != self._data_version:
            self._data_version = data_version
            before, self._forecast = self._forecast, _message(kept(self._database))
            if self._forecast != before:
                self._untold |= self._nodes
        if self._forecast is not None and now_ms < self._forecast.start_ms + len(self._forecast.wh_m2) * DAY_MS:
            while self._untold:
                yield self._untold.pop(), self._forecast


def _message(days: list[tuple[int, float, int]]) -> Forecast | None:
    return Forecast(start_ms=days[0][0], wh_m2=tuple(figure for _, figure, _ in days)) if days else None


def _midnight_ms(day: date) -> int:
    return (day - date(1970, 1, 1)).days * DAY_MS
