"""The log in the journal's way: a real process whose standard error is the stream that its environment names."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from tests.imports import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SPEAKS: Final = """
import logging
from node import journal
journal.to_stderr(logging.INFO, "%(levelname)s %(name)s: %(message)s")
log = logging.getLogger("n")
log.warning("the disk is full")
try:
    raise ValueError("two\\nlines")
except ValueError:
    log.exception("it ended")
"""


def said(folder: Path, *, stream: bool) -> list[str]:
    """Return the lines of a process, to a file that the environment calls the journal's, or does not."""
    with (folder / "log").open("w+") as log:
        found = os.fstat(log.fileno())
        names = {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino if stream else 1}"}
        subprocess.run(
            [sys.executable, "-c", SPEAKS], stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT), **names}, check=True
        )
        log.seek(0)
        return log.read().splitlines()


def test_log_into_the_journal_has_its_rank_before_every_line(tmp_path: Path) -> None:
    """`journalctl -p err` then finds a whole traceback; systemd takes the ranks off."""
    first, *others = said(tmp_path, stream=True)
    assert first == "<4>n: the disk is full"
    assert others[:2] == ["<3>n: it ended", "<3>Traceback (most recent call last):"]
    assert others[-1] == "<3>lines"
    assert all(line.startswith("<3>") for line in others)


def test_log_to_anything_else_is_as_people_read_it(tmp_path: Path) -> None:
    """Also where a service's output was sent somewhere else, and the environment still names a journal."""
    first, second, *_ = said(tmp_path, stream=False)
    assert (first, second) == ("WARNING n: the disk is full", "ERROR n: it ended")
