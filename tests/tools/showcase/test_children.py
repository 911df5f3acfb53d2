"""Children never outlive their parent, whatever happens to it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests.imports import ROOT
from tools.showcase.children import SETPRIV, Child

if TYPE_CHECKING:
    from pathlib import Path

SLEEPER: Final = [sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()"]
PARENT: Final = """
import signal, sys
from pathlib import Path
from tools.showcase.children import Child
child = Child("sleeper", {command}, Path(sys.argv[1]))
while "up" not in child.log.read_text():  # the death signal is set before the program starts
    child.wait(0.02)
print(child.pid, flush=True)
signal.pause()
"""


def test_child_that_is_asked_to_end_ends(tmp_path: Path) -> None:
    """SIGTERM is a request; the exit code says that it was heard."""
    child = Child("sleeper", SLEEPER, tmp_path)
    assert child.code is None
    child.ask_to_end()
    assert child.wait(10.0) == -signal.SIGTERM


def test_child_that_does_not_end_is_not_waited_for(tmp_path: Path) -> None:
    """Patience is bounded, and then there is the kill."""
    child = Child("sleeper", SLEEPER, tmp_path)
    assert child.wait(0.01) is None
    child.kill()
    assert child.code == -signal.SIGKILL


def test_child_that_crashed_leaves_its_last_words(tmp_path: Path) -> None:
    """What it said last is in its own log."""
    child = Child("crasher", [sys.executable, "-c", "raise SystemExit('no such sensor')"], tmp_path)
    assert child.wait(10.0) == 1
    assert child.last_words() == "no such sensor"


@pytest.mark.skipif(SETPRIV is None, reason="needs util-linux's setpriv")
def test_child_of_a_killed_parent_is_ended_by_the_kernel(tmp_path: Path) -> None:
    """Even `kill -9` of the parent leaves nothing running."""
    command = [sys.executable, "-c", PARENT.format(command=SLEEPER), str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        gone = os.pidfd_open(pid)
        try:
            parent.kill()
            parent.wait()
            assert _ends(gone, patience_s=10.0)
        finally:
            os.close(gone)


def _ends(pidfd: int, patience_s: float) -> bool:
    """Wait on a process that is not ours: its pidfd becomes readable when it ends (pidfd_open(2))."""
    return bool(select.select([pidfd], [], [], patience_s)[0])
