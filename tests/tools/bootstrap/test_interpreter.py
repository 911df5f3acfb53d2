"""Which Python runs the set-up."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.imports import ROOT
from tools.bootstrap.interpreter import ensure

if TYPE_CHECKING:
    from pathlib import Path

OLD = (3, 9)


def test_ensure_under_a_supported_python_returns() -> None:
    """The suite runs under a supported Python, so nothing happens."""
    ensure(["tools/test"])


def test_ensure_under_an_old_python_alone_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no other Python is on the PATH, a person reads which one is needed, and the exit code is 2."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit) as stop:
        ensure(["tools/test"], OLD)
    assert stop.value.code == 2
    assert "needs Python 3.11 to 3.14, and this is 3.9" in capsys.readouterr().err


def test_ensure_under_an_old_python_beside_a_newer_one_starts_again_under_that(tmp_path: Path) -> None:
    """The newest supported Python on the PATH takes over, with the same arguments."""
    for name in ("python3.11", "python3.13"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {name} $*\n")
        (tmp_path / name).chmod(0o755)
    script = f"from tools.bootstrap.interpreter import ensure; ensure(['tools/test', '-k', 'wire'], {OLD})"
    said = subprocess.check_output([sys.executable, "-c", script], cwd=ROOT, env={"PATH": str(tmp_path)}, text=True)
    assert said == "python3.13 tools/test -k wire\n"


@pytest.mark.parametrize(
    "path",
    ["tools/demo", "tools/test", "tools/__init__.py", "tools/bootstrap/__init__.py", "tools/bootstrap/interpreter.py"],
)
def test_source_that_an_old_python_reads_parses_there(path: str) -> None:
    """What runs before the version is known keeps to the syntax of Python 3.7."""
    ast.parse((ROOT / path).read_text(), feature_version=(3, 7))
