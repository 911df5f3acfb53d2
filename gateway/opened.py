"""A store and the site that lives on it: opened anew when the disk has broken the connection to it.

A full disk leaves a connection as it was. After an error of the device SQLite may hold pages that never came, and calls
a sound database malformed for as long as it is open; nor does an fsync succeed on it again. A restart would mend that,
and so does this, without leaving the broker; what was written and never committed is cut off first
(`node.wal`). The site reads its memory from the disk again: what it had beyond that, nobody was told.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from typing import TYPE_CHECKING

from gateway.errors import StoreError
from gateway.site import Site
from gateway.store.database import Store
from node import wal

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.config import Config
    from gateway.outgoing import Outgoing

log = logging.getLogger(__name__)


class Opened:
    """Asks the site, in whichever thread owns it.

    Args:
        config: the whole configuration.

    Raises:
        StoreError: the database cannot be opened.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._is_broken = False
        self._stays: wal.Committed | None = None
        self._index: wal.Index | None = None
        self._open()

    def _open(self) -> None:
        self.store = Store(self._config.store.path)
        if self._stays is not None:
            self._check(self._stays)
        self._stays, self._is_open = None, True
        with self.store.guarded():
            self.site = Site(self._config, self.store)

    def _check(self, stays: wal.Committed) -> None:
        """See that the store does not go on behind what was cut off."""
        try:
            self._index = wal.Index(self.store.path)
            if not self._index.exceeds(stays):
                return
        except OSError as error:
            self._let_go()
            raise StoreError(f"{self.store.path}: {error}") from error
        self._let_go()
        raise StoreError(f"{self.store.path}: somebody reads what was never committed; end that program")

    def _let_go(self) -> wal.Committed | None:
        stays = self.store.abandon()
        self._close_index()
        return stays

    def _close_index(self) -> None:
        if self._index is not None:
            self._index.close()
            self._index = None

    def ask(self, call: Callable[[Site, int], list[Outgoing]], now_ms: int) -> list[Outgoing]:
        """Return what the site answers.

        Args:
            call: one of its doors.
            now_ms: by the gateway's clock.

        Raises:
            StoreError: the disk refused; the same may be asked again.
        """
        try:
            if self._is_broken:
                self._renew()
            with self.store.guarded():
                return call(self.site, now_ms)
        except StoreError as error:
            self._is_broken = error.breaks
            raise

    def _renew(self) -> None:
        """Close what there is and open it again; where that fails nothing stays open, and the disk can be unmounted."""
        path = self._config.store.path
        if self._is_open:
            self._is_open = False
            self.site.close()
            with contextlib.suppress(sqlite3.Error):
                self._stays = self._let_go()
        try:
            if self._stays is not None:
                wal.cut(path, self._stays)
        except OSError as error:
            raise StoreError(f"{path}: {error}") from error
        self._open()
        self._is_broken = False
        log.debug("%s is opened anew", path)

    def close(self) -> None:
        """Close site and store; what was committed stays."""
        if self._is_open:
            self.site.close()
            self.store.close()
            self._close_index()
