"""Run one benchmark: a table for people, or one JSON object on the last line.

    python -m tools.bench              what there is
    python -m tools.bench NAME [--json] [the benchmark's own options]

A benchmark is a module of this package with `run(argv) -> Mapping`, which does the work and shows its progress on
stderr, and `show(result) -> None`, which prints the result for people.
"""

from __future__ import annotations

import ast
import importlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Benchmark(Protocol):
    """A module of this package that measures something."""

    def run(self, argv: Sequence[str]) -> Mapping[str, object]:
        """Measure; `argv` holds the benchmark's own options."""
        ...

    def show(self, result: Mapping[str, object]) -> None:
        """Print what `run` returned, for people."""
        ...


def names(package: str = "tools.bench") -> dict[str, str]:
    """Return every benchmark of a package with its first line of documentation, by name; none is imported for it."""
    folder = Path(importlib.import_module(package).__path__[0])
    trees = {path.stem: ast.parse(path.read_text()) for path in sorted(folder.glob("*.py"))}
    return {name: (ast.get_docstring(tree) or "").partition("\n")[0] for name, tree in trees.items() if _runs(tree)}


def main(argv: Sequence[str] | None = None, package: str = "tools.bench") -> int:
    """Run the benchmark that the first argument names.

    Args:
        argv: the command line; None for the process's own.
        package: where the benchmarks are.

    Returns:
        0 when it ran, 2 where there is no such benchmark.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    known = names(package)
    if not words or words[0] not in known:
        asked = words and words[0] not in {"-h", "--help"}
        print(f"no benchmark {words[0]!r}; there are:" if asked else f"{__doc__}\nThere are:", file=sys.stderr)
        print("\n".join(f"  {name:<12} {line}" for name, line in known.items()), file=sys.stderr)
        return 2 if asked or not words else 0
    name, *rest = words
    benchmark = cast("Benchmark", importlib.import_module(f"{package}.{name}"))
    result = benchmark.run([each for each in rest if each != "--json"])
    if "--json" in rest:
        print(json.dumps(result))
    else:
        benchmark.show(result)
    return 0


def _runs(tree: ast.Module) -> bool:
    return {"run", "show"} <= {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}


if __name__ == "__main__":
    sys.exit(main())
