"""The store, where a gateway and a command open it at one moment."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from gateway.errors import StoreError
from gateway.store.database import Store

if TYPE_CHECKING:
    from pathlib import Path


class Overtaken(Store):
    """A store that another process makes whole after this one has looked, and before it writes."""

    overtaken = False

    def _version(self) -> int:
        version = super()._version()
        if not self.overtaken:
            self.overtaken = True
            Store(self.path).close()
        return version


def test_store_that_two_make_at_once_is_made_once(tmp_path: Path) -> None:
    """Whoever comes second finds the tables there, and goes on."""
    store = Overtaken(tmp_path / "gateway.db")
    assert store.database.execute("SELECT count(*) FROM record").fetchone() == (0,)
    assert not store.database.in_transaction
    store.close()


def test_store_with_a_stranger_s_table_is_refused(tmp_path: Path) -> None:
    """The control: a script that fails because of something else is told."""
    with sqlite3.connect(tmp_path / "gateway.db") as database:
        database.execute("CREATE TABLE record (x)")
    database.close()
    with pytest.raises(StoreError, match="already exists"):
        Store(tmp_path / "gateway.db")
