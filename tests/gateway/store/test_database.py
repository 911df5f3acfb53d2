"""The store, where a gateway and a command open it at one moment."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

import pytest

from gateway.errors import StoreError
from gateway.store.database import Store
from node import wal

if TYPE_CHECKING:
    from collections.abc import Iterator
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


class Touching(Store):
    """A store that looks at its file by a descriptor of its own, and closes that."""

    def __init__(self, path: Path) -> None:
        path.open("rb").close()
        super().__init__(path)


COMMAND: Final = """
import pathlib, sys
from gateway.store.database import Store
store = Store(pathlib.Path(sys.argv[1]))
print(*store.database.execute("SELECT count(*) FROM counter").fetchone())
store.close()
"""


def counted_by_a_command(path: Path) -> int:
    """Open the store in another process, and return how many counters it finds."""
    command = [sys.executable, "-c", COMMAND, str(path)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)


def found_after_a_command(path: Path, second: type[Store]) -> int:
    """Open a store twice here and once in a command, commit, and return what another command finds of that."""
    with closing(Store(path)) as store:
        second(path).close()
        assert counted_by_a_command(path) == 0
        store.count({"records": 1})
        return counted_by_a_command(path)


def test_store_opened_twice_by_its_gateway_loses_nothing_to_a_command(tmp_path: Path) -> None:
    """Each request that the API writes for opens the database once more; no command takes the log from under it."""
    assert found_after_a_command(tmp_path / "gateway.db", Store) == 1


def test_store_whose_file_is_opened_beside_it_loses_its_log(tmp_path: Path) -> None:
    """The control: one descriptor more, and a command deletes the log that the store commits to."""
    assert found_after_a_command(tmp_path / "gateway.db", Touching) == 0


def test_store_with_a_stranger_s_table_is_refused(tmp_path: Path) -> None:
    """The control: a script that fails because of something else is told."""
    with sqlite3.connect(tmp_path / "gateway.db") as database:
        database.execute("CREATE TABLE record (x)")
    database.close()
    with pytest.raises(StoreError, match="already exists"):
        Store(tmp_path / "gateway.db")


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM aggregate WHERE end_ms BETWEEN 1 AND 2",
        "SELECT words FROM command WHERE state IN ('sent', 'accepted', 'running') ORDER BY id",
        "SELECT words FROM command WHERE node = 'n1' ORDER BY id DESC LIMIT 9",
        "SELECT 1 FROM said WHERE node = 'n1' UNION SELECT 1 FROM boot WHERE node = 'n1'",
    ],
)
def test_store_finds_what_is_asked_often_without_reading_all_there_is(tmp_path: Path, query: str) -> None:
    """A question of every minute, or one that holds up a commit, costs the same with a hundred thousand nodes."""
    store = Store(tmp_path / "gateway.db")
    plan = [step for *_, step in store.database.execute(f"EXPLAIN QUERY PLAN {query}")]
    store.close()
    assert all("INDEX" in step or "USING PRIMARY KEY" in step for step in plan if step.startswith(("SCAN", "SEARCH")))
    assert any(step.startswith(("SCAN", "SEARCH")) for step in plan)


def enter(store: Store, number: int) -> None:
    """Commit a boot."""
    with store.transaction():
        store.boot("n1", bytes([number]), number)


def refused(path: Path) -> Store:
    """Return a store with ten boots whose last commit failed at its fsync: it is in the log, and not in the index."""
    store = Store(path)
    for number in range(10):
        enter(store, number)
    twin = path.parent / "twin" / path.name
    twin.parent.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(f"{path}{ending}", f"{twin}{ending}")
    with closing(Store(twin)) as ahead:
        with ahead.transaction():
            ahead.count({"messages": 1})
        with open(f"{path}-wal", "r+b") as log:  # noqa: PTH123 - beside the database
            log.write(twin.with_name("gateway.db-wal").read_bytes())
    return store


@contextmanager
def somebody_reading(path: Path) -> Iterator[None]:
    """A command, or a person with `sqlite3`, comes before the store is opened anew, and stays."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as reader:
        reader.execute("SELECT count(*) FROM boot").fetchone()
        yield


def boots(path: Path) -> int:
    """Return how many boots there are for who finds the files after a crash."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        (count,) = database.execute("SELECT count(*) FROM boot").fetchone()
    return int(count)


def test_store_that_is_let_go_keeps_what_is_committed_afterwards(tmp_path: Path) -> None:
    """What was never committed is cut off before anybody else can make an index of it."""
    path = tmp_path / "gateway.db"
    refused(path).abandon()
    with somebody_reading(path):
        anew = Store(path)
        enter(anew, 10)
        anew.abandon()
    assert boots(path) == 11


def test_store_that_is_cut_behind_a_readers_back_is_told_of_it(tmp_path: Path) -> None:
    """Where the disk refused the cut at first, a reader may know more; the control, that goes on with it, loses."""
    path = tmp_path / "gateway.db"
    store = refused(path)
    log = path.with_name("gateway.db-wal").read_bytes()
    stays = store.abandon()
    assert stays
    path.with_name("gateway.db-wal").write_bytes(log)
    with somebody_reading(path):
        wal.cut(path, stays)
        anew = Store(path)
        with closing(wal.Index(path)) as index:
            assert index.exceeds(stays)
            enter(anew, 10)
            anew.abandon()
    assert boots(path) == 10
    sound = Store(path)
    with closing(wal.Index(path)) as index:
        assert not index.exceeds(stays)
        sound.close()
