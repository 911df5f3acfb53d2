"""A site: everything of a gateway but the connection, put together.

It lives in one thread and answers two calls: `commit` takes what the broker delivered, `tick` takes the time. Both
return what to publish. It is the place where ingest, presence, aggregate, publish and push meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway import receipts, retention
from gateway.ingest import Ingest
from gateway.outgoing import Outgoing
from node.wire import codec
from node.wire.topics import Topic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.config import Config
    from gateway.ingest import Committed, Delivery
    from gateway.store import Store


class Site:
    """One site's rooms, behind two doors.

    Args:
        config: the whole configuration.
        store: open, and used by nobody else.
    """

    def __init__(self, config: Config, store: Store) -> None:
        self._config = config
        self._store = store
        self._name = config.site.name
        self._trim_ms = 0
        self._ingest = Ingest(store, config.site.name, config.ingest)

    def commit(self, deliveries: Iterable[Delivery], now_ms: int) -> list[Outgoing]:
        """Commit a batch.

        Returns:
            The receipts, and whatever else follows at once.

        Raises:
            StoreError: nothing was done; try the same batch again.
        """
        done = self._ingest.commit(deliveries, now_ms)
        return self._receipts(done)

    def _receipts(self, done: Committed) -> list[Outgoing]:
        return [
            Outgoing(str(Topic(self._name, node, "receipt")), codec.encode(message))
            for node, taken in done.taken.items()
            for message in receipts.compose(taken)
        ]

    def tick(self, now_ms: int) -> list[Outgoing]:
        """Do what is due: windows, presence, retention.

        Returns:
            What to publish.
        """
        if now_ms >= self._trim_ms:
            gone = retention.trim(self._store, self._config.store, now_ms)
            self._trim_ms = now_ms + (1_000 if gone else 60_000)
        return []
