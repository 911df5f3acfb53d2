"""`torpor NAME ...` is `python -m tools.NAME ...`: the workbench's one command."""

from __future__ import annotations

import ast
import runpy
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent


def programs() -> dict[str, str]:
    """Return every program of the workbench with its first line of documentation, by name."""
    mains = {path.parent.name: path for path in HERE.glob("*/__main__.py")}
    mains |= {path.stem: path for path in HERE.glob("*.py") if _starts(path)}
    return {name: _first_line(path) for name, path in sorted(mains.items())}


def main() -> int:
    """Run the program that the first argument names, with the other arguments.

    Returns:
        0 after the list, 2 where there is no such program, 1 where it lacks a library; a program that runs decides by
        itself.
    """
    known = programs()
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in known:
        print("usage: torpor NAME ...", *(f"  {each:<12} {line}" for each, line in known.items()), sep="\n")
        return 0 if name in {"-h", "--help"} else 2
    sys.argv = [f"torpor {name}", *sys.argv[2:]]
    try:
        runpy.run_module(f"tools.{name}", run_name="__main__")
    except ModuleNotFoundError as error:  # a node's install has none of the workbench's libraries
        if str(error.name).partition(".")[0] in {"boards", "gateway", "node", "tools"}:
            raise
        print(f"torpor {name}: there is no {error.name}; run: pip install 'torpor[tools]'", file=sys.stderr)
        return 1
    return 0


def _starts(path: Path) -> bool:
    return not path.stem.startswith("_") and 'if __name__ == "__main__":' in path.read_text()


def _first_line(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]


if __name__ == "__main__":
    sys.exit(main())
