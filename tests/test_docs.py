"""Nothing can be set, named or raised that is not written down: the reference pages are whole and current.

What must be there is found here by reading the source, not by the program that writes the pages.
"""

from __future__ import annotations

import ast
import importlib
import re
from typing import TYPE_CHECKING, Final, get_args

import pytest

from gateway.counters import COUNTERS as GATEWAY_COUNTERS
from gateway.counters import LINK
from node.__main__ import main
from node.health import COUNTERS
from node.wire import topics
from node.wire.messages import Message
from tests.imports import ROOT, sources
from tools.reference.__main__ import current

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGES: Final = ("node", "gateway", "boards")
PAGE: Final = {package: (ROOT / package / "REFERENCE.md") for package in PACKAGES}


def _missing(page: str, words: set[str]) -> set[str]:
    """Return the words that have no place of their own in code type: a row, a heading or a topic's end."""
    return {word for word in words if f"| `{word}` |" not in page and f"# `{word}`" not in page}


def _options(package: str) -> Iterator[str]:
    """Yield every field that is made by `option`, or by pydantic's `Field` with a description."""
    for path in sources(package).values():
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call(func=ast.Name(id="option"))):
                    yield name
                case ast.AnnAssign(
                    target=ast.Name(id=name), value=ast.Call(func=ast.Name(id="Field"), keywords=given)
                ) if any(each.arg == "description" for each in given):
                    yield name
                case _:
                    pass


def _errors(package: str) -> Iterator[str]:
    """Yield every class that ends in `Error`, or that is a kind of `Exception`."""
    for path in sources(package).values():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                bases = {each.id for each in node.bases if isinstance(each, ast.Name)}
                if node.name.endswith("Error") or "Exception" in bases:
                    yield node.name


@pytest.mark.parametrize("package", PACKAGES)
def test_page_of_a_package_is_what_its_code_says(package: str) -> None:
    """The committed page is the one that the code would write today; if not: `python -m tools.reference`."""
    assert PAGE[package].read_text() == current()[PAGE[package]]


@pytest.mark.parametrize("package", PACKAGES)
def test_page_of_a_package_names_every_option(package: str) -> None:
    """Every option of every Params and every section has a row."""
    page = PAGE[package].read_text()
    paths = (line.split("`")[1] for line in page.splitlines() if line.startswith("| `"))
    names = {name.removesuffix("[]") for path in paths for name in path.split(".")}
    assert set(_options(package)) - names == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_page_of_a_package_names_every_error(package: str) -> None:
    """Every error class has a row that says what it means."""
    assert _missing(PAGE[package].read_text(), set(_errors(package))) == set()


def test_page_of_the_node_names_every_part_counter_and_topic() -> None:
    """Every part of every TABLE, every counter, every topic and every message kind."""
    page = PAGE["node"].read_text()
    rooms = [module for module, path in sources("node").items() if "\nTABLE: Final" in path.read_text()]
    parts = {name for room in rooms for name in importlib.import_module(room).TABLE}
    said = {f"{topics.PREFIX}/<site>/<node>/{kind}" for kind in topics.UP | topics.DOWN}
    assert _missing(page, parts | set(COUNTERS) | said) == set()
    assert {each.kind for each in get_args(Message)} >= topics.UP | topics.DOWN


def test_page_of_the_gateway_names_every_topic_that_it_publishes() -> None:
    """Every fixed level that is handed to `topics.output` stands in the page: results, aggregate, presence, status."""
    page = PAGE["gateway"].read_text()
    calls = [
        node
        for path in sources("gateway").values()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "output"
    ]
    levels = {str(each.value) for call in calls for each in call.args if isinstance(each, ast.Constant)}
    assert {"status", "presence"} <= levels
    assert {level for level in levels if f"/{level}" not in page} == set()


def _counted() -> Iterator[str]:
    """Yield what the gateway's source counts: `counters["name"]`, and the names handed to `count`."""
    for path in sources("gateway").values():
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Subscript(value=ast.Attribute(attr="counters"), slice=ast.Constant(value=str(name))):
                    yield name
                case ast.Call(func=ast.Attribute(attr="count"), args=[ast.Dict(keys=keys)]):
                    yield from (
                        key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
                    )
                case _:
                    pass


def test_page_of_the_gateway_names_every_counter() -> None:
    """What is counted has a meaning and a row, and what has a row is counted."""
    assert _missing(PAGE["gateway"].read_text(), set(GATEWAY_COUNTERS)) == set()
    assert set(_counted()) == {name for name in GATEWAY_COUNTERS if "." not in name}
    assert {"late", "records", *LINK} <= set(_counted())


def test_page_of_the_boards_names_every_board_and_its_parts() -> None:
    """Every folder with a board.toml, and every sensor that one brings along."""
    from boards import board_ids, load_board

    parts = {name for each in board_ids() for name in load_board(each).sensors}
    assert _missing(PAGE["boards"].read_text(), set(board_ids()) | parts) == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_page_of_a_package_leaves_no_meaning_empty(package: str) -> None:
    """A row without a meaning documents nothing."""
    rows = [line for line in PAGE[package].read_text().splitlines() if line.startswith("| `")]
    assert [row for row in rows if row.endswith(("|  |", "| |"))] == []


def test_page_without_a_row_is_caught() -> None:
    """Negative control: take one row off, and the demand for it fails."""
    page = PAGE["node"].read_text()
    without = "\n".join(line for line in page.splitlines() if not line.startswith("| `HardwareError`"))
    assert _missing(without, set(_errors("node"))) == {"HardwareError"}


@pytest.mark.parametrize("package", ["node", "gateway", "boards", "tools"])
def test_package_has_its_decisions(package: str) -> None:
    """Each package keeps a DECISIONS.md whose entries have 15 lines or fewer."""
    entries = (ROOT / package / "DECISIONS.md").read_text().split("\n## ")[1:]
    assert {
        entry.partition("\n")[0]: entry.strip().count("\n") for entry in entries if entry.strip().count("\n") > 15
    } == {}


def test_readme_node_has_no_problem_and_something_to_send(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The configuration that a stranger copies passes `check`, and on any machine its first wake has a record."""
    (block,) = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (tmp_path / "node.toml").write_text(block)
    monkeypatch.chdir(tmp_path)
    assert main(["check"]) == 0
    assert main(["run", "--once", "--dry-run"]) == 0
    assert "/results" in capsys.readouterr().out
