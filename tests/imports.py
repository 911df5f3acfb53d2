"""Who imports whom, read from the source: also inside functions, for types alone, and by a part's name."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
ROOMS: Final = ("node", "gateway", "boards", "tools")
NAMED: Final = re.compile(rf"({'|'.join(ROOMS)})(\.\w+)*:\w+")
"""A part by its name, `module:Class`, as `node.parts.load` takes it."""


class When(Enum):
    """When an import happens."""

    AT_ONCE = "at once"
    """With the module itself."""
    LATE = "late"
    """Inside a function, or at the first use of a `lazy` stand-in."""
    NEVER = "for types"
    """Under TYPE_CHECKING."""


@dataclass(frozen=True, slots=True)
class Import:
    """One module's wish for another.

    Attributes:
        importer: dotted name of the module that imports.
        target: dotted name of what it wants; for `from a import b` it is `a.b`, which may be a module or a name in one.
        when: at once, late or never.
        line: where it stands.
    """

    importer: str
    target: str
    when: When
    line: int

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.target} ({self.when.value})"

    @property
    def library(self) -> str:
        """The distribution's top-level name where it is somebody else's, else empty."""
        top = self.target.partition(".")[0]
        return "" if top in sys.stdlib_module_names or top in (*ROOMS, "tests") else top

    def wants(self, *names: str) -> bool:
        """Whether the target is one of these modules, or lies inside one."""
        return within(self.target, *names)


def within(module: str, *names: str) -> bool:
    """Whether a dotted name is one of `names` or below one.

    >>> within("node.wire.codec", "node.wire"), within("node.wired", "node.wire")
    (True, False)
    """
    return any(module == name or module.startswith(f"{name}.") for name in names)


def sources(*folders: str) -> dict[str, Path]:
    """Return every module of these folders: dotted name to file."""
    paths = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    return {_dotted(path): path for path in paths}


def all_imports(*folders: str) -> list[Import]:
    """Return every import of every module of these folders."""
    found = sources(*folders)
    return [
        each
        for module, path in found.items()
        for each in imports_of(module, path.read_text(), package=path.name == "__init__.py")
    ]


def imports_of(module: str, source: str, *, package: bool = False) -> list[Import]:
    """Return the imports of one module.

    Args:
        module: its dotted name.
        source: its text.
        package: whether it is an `__init__`, which relative imports count from.
    """
    home = module if package else module.rpartition(".")[0]
    return [Import(module, target, when, line) for target, when, line in _walk(ast.parse(source), home, When.AT_ONCE)]


def _walk(node: ast.AST, home: str, when: When) -> Iterator[tuple[str, When, int]]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Import():
                yield from ((each.name, when, child.lineno) for each in child.names)
            case ast.ImportFrom():
                base = _resolved(child, home)
                yield from ((f"{base}.{each.name}", when, child.lineno) for each in child.names)
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str(text)), *_]
            ) if name in {"lazy", "import_module", "__import__"}:
                yield text, When.LATE if when is When.AT_ONCE else when, child.lineno
            case ast.Constant(value=str(text)) if NAMED.fullmatch(text):
                yield text.partition(":")[0], When.LATE if when is When.AT_ONCE else when, child.lineno
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                yield from _walk(child, home, When.LATE if when is When.AT_ONCE else when)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield from _walk(ast.Module(child.body, []), home, When.NEVER)
                yield from _walk(ast.Module(child.orelse, []), home, when)
            case _:
                yield from _walk(child, home, when)


def _resolved(node: ast.ImportFrom, home: str) -> str:
    if not node.level:
        return node.module or ""
    parts = home.split(".")
    above = parts[: len(parts) - node.level + 1]
    return ".".join([*above, node.module] if node.module else above)


def _dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
