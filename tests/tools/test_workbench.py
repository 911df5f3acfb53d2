"""`torpor NAME`: one command for every program of the workbench."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

from tests.imports import ROOT
from tools.__main__ import programs


def _torpor(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_programs_are_all_described() -> None:
    """Every program says in one line what it is for; the packages behind them are not programs."""
    found = programs()
    assert {"bench", "reference", "showcase"} <= set(found)
    assert "bootstrap" not in found
    assert all(found.values())


def test_torpor_with_a_name_runs_that_program_with_its_arguments() -> None:
    """`torpor bench nonesuch` is `python -m tools.bench nonesuch`: its words, its exit code."""
    done = _torpor("bench", "nonesuch")
    assert done.returncode == 2
    assert "no benchmark 'nonesuch'" in done.stderr


@pytest.mark.parametrize(("words", "code"), [(["--help"], 0), (["nonesuch"], 2), ([], 2)])
def test_torpor_without_a_known_name_lists_what_there_is(words: list[str], code: int) -> None:
    """Asked for help it is fine, else it is a usage error; the list comes either way."""
    done = _torpor(*words)
    assert done.returncode == code
    assert "showcase" in done.stdout


NODE_ONLY: Final = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in {"rich", "pydantic"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
from tools.__main__ import main as workbench
from gateway.__main__ import main as gateway

sys.argv = ["torpor", "showcase", "--help"]
codes = workbench(), gateway(["check"])
assert codes == (1, 1), codes
"""


def test_commands_beyond_the_installed_extra_say_which_to_install() -> None:
    """A node's install has no rich and no pydantic: one sentence names the extra, in place of a traceback."""
    command = [sys.executable, "-c", NODE_ONLY]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [
        "torpor showcase: there is no rich; run: pip install 'torpor[tools]'",
        "torpor-gateway: there is no pydantic; run: pip install 'torpor[gateway]'",
    ]
