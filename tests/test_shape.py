"""The house's law of shape, read from its source: how large things may grow, and what they may be called."""

from __future__ import annotations

import ast
import importlib
from statistics import median
from typing import Final

import pytest

from tests.imports import ROOMS, sources, within


@pytest.mark.parametrize("module", sources(*ROOMS, "tests"))
def test_module_is_small_and_well_named(module: str) -> None:
    """A module says what it is, splits at 400 lines, its functions at 40, and is named for its idea."""
    source = sources(*ROOMS, "tests")[module].read_text()
    tree = ast.parse(source)
    assert ast.get_docstring(tree)
    lines = source.count("\n")
    assert lines <= 400
    assert {name: size for name, size in _function_sizes(tree) if size > 40} == {}
    assert not {"utils", "util", "helpers", "common", "misc", "manager"} & set(module.split("."))
    classes = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    assert [
        name for name in classes if name.startswith(("Abstract", "Base")) or name.endswith(("Impl", "Manager"))
    ] == []


def test_functions_of_the_product_are_short_on_the_whole() -> None:
    """The median function has 8 lines or fewer, and nine in ten have 20 or fewer."""
    sizes = sorted(
        size for path in sources(*ROOMS).values() for _, size in _function_sizes(ast.parse(path.read_text()))
    )
    assert median(sizes) <= 8
    assert sizes[len(sizes) * 9 // 10] <= 20


def test_function_sizes_of_a_long_function_are_counted_without_its_docstring() -> None:
    """Negative control: 41 lines of body are seen as 41, however long the docstring."""
    body = "\n".join(f"    x{i} = {i}" for i in range(41))
    tree = ast.parse(f'def long():\n    """One.\n\n    Two.\n    """\n{body}\n')
    assert list(_function_sizes(tree)) == [("long", 41)]


TABLES: Final = {
    module: importlib.import_module(module).TABLE
    for module, path in sources(*ROOMS).items()
    if path.name == "__init__.py" and "\nTABLE: Final" in path.read_text()
}


@pytest.mark.parametrize("room", TABLES)
def test_table_of_a_room_is_sorted_and_holds_its_own(room: str) -> None:
    """A TABLE reads in order, names parts as a file would, and each part is a class beside its Params, in that room."""
    table = TABLES[room]
    assert list(table) == sorted(table)
    for target in table.values():
        module, _, name = target.partition(":")
        assert within(module, room)
        names = [node.name for node in ast.parse(sources(*ROOMS)[module].read_text()).body if hasattr(node, "name")]
        assert {name, "Params"} <= set(names), f"{target}: its module defines {names}"


def _function_sizes(tree: ast.Module) -> list[tuple[str, int]]:
    """Return each function with the lines of its body, from the first statement after the docstring to its end."""
    sizes = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            sizes.append((node.name, (node.end_lineno or 0) - body[0].lineno + 1 if body else 0))
    return sizes
