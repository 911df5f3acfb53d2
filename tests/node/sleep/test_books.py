"""The ledger on disk: durable, whole or not there, and never believed when it does not add up."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from node.sleep.books import Books
from node.sleep.ledger import Ledger
from tests.imports import ROOT
from tests.node.sleep.test_ledger import STATES

if TYPE_CHECKING:
    from pathlib import Path

KILLED = """
import os, signal, sys
from pathlib import Path
from node.sleep.books import Books
books = Books(Path(sys.argv[1]))
for number in range(10**9):
    books.store({"life_mj": number, "filler": "x" * 5000})
    print(number, flush=True)
    if number == 20:
        import threading
        threading.Timer(0.005, os.kill, (os.getpid(), signal.SIGKILL)).start()
"""


def test_books_give_back_what_was_stored(tmp_path: Path) -> None:
    """A ledger that was put down is taken up, to the bit."""
    ledger = Ledger(STATES)
    ledger.spend("infer", 0.1)
    ledger.settle(1)
    Books(tmp_path).store(ledger.memory())
    again = Ledger(STATES)
    again.recall(Books(tmp_path).load(), go_on=True)
    assert again.memory() == ledger.memory()


def test_books_of_a_first_start_are_empty(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing was stored, and nothing is wrong."""
    assert Books(tmp_path).load() == {}
    assert caplog.records == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("1.5", "9.5"),
        lambda text: text.replace('"version":1', '"version":2'),
        lambda _: "[]",
        lambda _: "\udcff",
    ],
    ids=["empty", "cut short", "a digit flipped", "another version", "another shape", "not text"],
)
def test_books_that_do_not_add_up_are_said_and_not_believed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: object
) -> None:
    """A flipped bit is no joule; the node starts anew and tells why."""
    books = Books(tmp_path)
    books.store({"life_mj": 1.5})
    path = tmp_path / "ledger.json"
    path.write_bytes(damage(path.read_text()).encode(errors="surrogateescape"))  # type: ignore[operator]
    assert books.load() == {}
    assert "starts anew" in caplog.text


def test_books_of_a_node_that_was_killed_hold_the_last_that_was_stored(tmp_path: Path) -> None:
    """Killed in the middle of writing, they hold the last whole one, or the one after it."""
    ran = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, capture_output=True, check=False)
    assert ran.returncode == -9
    last = int(ran.stdout.split()[-1])
    assert Books(tmp_path).load()["life_mj"] in {last, last + 1}


def test_books_on_a_full_disk_keep_the_old(tmp_path: Path) -> None:
    """What cannot be written does not take the place of what could."""
    books = Books(tmp_path)
    books.store({"life_mj": 1})
    with pytest.raises(TypeError):
        books.store({"life_mj": object()})
    (tmp_path / "ledger.json.new").unlink(missing_ok=True)
    (tmp_path / "ledger.json.new").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        books.store({"life_mj": 2})
    assert books.load() == {"life_mj": 1}


def test_books_are_small(tmp_path: Path) -> None:
    """A year's ledger of a node is one block of a flash card."""
    ledger = Ledger(STATES)
    for number in range(1000):
        ledger.spend("infer", 0.01 + number * 1e-5)
        ledger.settle(1)
        ledger.sleep("light", 60.0)
    Books(tmp_path).store(ledger.memory())
    assert (tmp_path / "ledger.json").stat().st_size <= 4096
    assert json.loads((tmp_path / "ledger.json").read_text())["version"] == 1
