"""Ruff and mypy, as laws of the suite: the whole tree is formatted, clean and strictly typed."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

from tests.imports import ROOT

SCRIPTS: Final = ("tools/demo", "tools/fuzz", "tools/test")
"""Programs without the extension by which ruff would find them."""

COMMANDS: Final = {
    "ruff check": ("ruff", "check", ".", *SCRIPTS),
    "ruff format": ("ruff", "format", "--check", ".", *SCRIPTS),
    # For the Python that runs it: the stubs of its libraries may be too new for the oldest one that Torpor supports.
    "mypy --strict": ("mypy", "--strict", "--python-version", "{}.{}".format(*sys.version_info)),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_tree_as_a_whole_is_clean(name: str) -> None:
    """No finding anywhere; what the tool says is shown."""
    done = subprocess.run(
        [sys.executable, "-m", *COMMANDS[name]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_ruff_on_a_banned_clock_complains() -> None:
    """Negative control: the configuration in force does ban the wall clock outside `boards/`."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--stdin-filename", "node/late.py", "-"],
        cwd=ROOT,
        input='"""Late."""\n\nimport time\n\nNOW = time.time()\n',
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "TID251" in done.stdout
