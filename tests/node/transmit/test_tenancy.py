"""Two processes and one state folder: the second waits, and takes nothing from the first."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from node.transmit import tenancy
from tests.imports import ROOT
from tests.node.transmit.outboxes import drained, fill, open_outbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

OURS: Final = b"boot-3"
SIBLING: Final = """
import sys
from pathlib import Path
from tests.node.transmit.outboxes import fill, open_outbox
if sys.argv[2] == "careless":
    from node.transmit import tenancy
    tenancy.taken = lambda folder: None
outbox = open_outbox(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.readline()
fill(outbox, 10, stream="theirs")
outbox.close()
"""


@contextmanager
def sibling(folder: Path, how: str) -> Iterator[subprocess.Popen[str]]:
    """Run another process that has opened the outbox, and writes to it when it is told a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", SIBLING, str(folder), how],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        yield process


def go_on(process: subprocess.Popen[str]) -> None:
    """Have it write and end."""
    process.communicate("\n", timeout=60)
    assert process.returncode == 0


def test_outbox_that_another_process_has_keeps_its_records_in_memory_until_that_ends(tmp_path: Path) -> None:
    """It says why; when the other is gone all records of both are there."""
    with sibling(tmp_path, "careful") as process:
        outbox = open_outbox(tmp_path, OURS, group_records=5)
        fill(outbox, 10, stream="ours")
        assert "another process has it" in outbox.trouble
        assert outbox.counters["committed"] == 0
        go_on(process)
    outbox.commit()
    assert outbox.trouble == ""
    assert outbox.counters["committed"] == 10
    outbox.close()
    assert len(drained(tmp_path)) == 20


def test_processes_that_share_an_outbox_spoil_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: without the mark both take the same number for another series, and one's name is gone."""
    monkeypatch.setattr(tenancy, "taken", lambda _folder: None)
    with sibling(tmp_path, "careless") as process:
        outbox = open_outbox(tmp_path, OURS, group_records=5)
        fill(outbox, 10, stream="ours")
        outbox.commit()
        assert outbox.counters["committed"] == 10, "it did not share it, and the control proves nothing"
        go_on(process)
    outbox.close()
    monkeypatch.undo()
    again = open_outbox(tmp_path, b"boot-4")
    assert again.trouble == ""
    assert again._shelf
    streams = {series.stream for series in again._shelf.series.values()}
    again.close()
    assert len(streams) == 1, "both names are there, and the control proves nothing"


def test_outbox_may_be_had_twice_in_one_process_and_is_given_back(tmp_path: Path) -> None:
    """A crash that is only played ends no process; when nobody here has it any more, another process may."""
    first = tenancy.taken(tmp_path)
    assert tenancy.taken(tmp_path) is first
    assert "TakenError" in elsewhere(tmp_path)
    del first
    assert elsewhere(tmp_path) == ""


def elsewhere(folder: Path) -> str:
    """Return what another process hears that wants the folder; empty where it gets it."""
    words = "import sys; from pathlib import Path; from node.transmit import tenancy; tenancy.taken(Path(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", words, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stderr
