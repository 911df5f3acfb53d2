"""The runner of benchmarks: lists, runs, prints for people or for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from tools.bench.__main__ import main, names

if TYPE_CHECKING:
    from pathlib import Path

BENCHMARK: Final = '''"""Counts its arguments.

More about it.
"""


def run(argv):
    return {"arguments": list(argv)}


def show(result):
    print("arguments:", *result["arguments"])
'''


@pytest.fixture(name="shelf")
def _shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package with one benchmark and one module that is none."""
    package = tmp_path / f"shelf_{tmp_path.name}"
    package.mkdir()
    (package / "__init__.py").write_text('"""Shelf."""\n')
    (package / "counts.py").write_text(BENCHMARK)
    (package / "peers.py").write_text('"""Not a benchmark."""\n')
    monkeypatch.syspath_prepend(tmp_path)
    return package.name


def test_names_with_other_modules_beside_lists_benchmarks_only(shelf: str) -> None:
    """A benchmark is what has `run` and `show`; its first line describes it."""
    assert names(shelf) == {"counts": "Counts its arguments."}


def test_names_of_the_project_are_all_described() -> None:
    """Every benchmark says in one line what it measures."""
    assert all(line.endswith(".") for line in names().values())


def test_main_with_json_prints_one_object_on_the_last_line(shelf: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Programs read the last line, and `--json` is the runner's own option."""
    assert main(["counts", "--rows", "3", "--json"], shelf) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"arguments": ["--rows", "3"]}


def test_main_without_json_lets_the_benchmark_speak(shelf: str, capsys: pytest.CaptureFixture[str]) -> None:
    """People get the benchmark's table."""
    assert main(["counts", "--rows", "3"], shelf) == 0
    assert capsys.readouterr().out == "arguments: --rows 3\n"


def test_main_with_unknown_name_says_what_there_is(shelf: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong name is a usage error that shows the right ones."""
    assert main(["cuonts"], shelf) == 2
    said = capsys.readouterr()
    assert "cuonts" in said.err
    assert "counts" in said.err
    assert said.out == ""
