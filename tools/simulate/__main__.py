"""Live through a year of a node, or of many, in seconds: a table for people, or one JSON object on the last line.

    python -m tools.simulate                              what there is
    python -m tools.simulate SCENARIO [--json] [--plot FILE] [the scenario's own options]

A scenario is a module of this package with `run(argv) -> Mapping`, which does the work, shows its progress on stderr
and draws where it was asked to, and `show(result) -> None`, which prints the result for people.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import TYPE_CHECKING, cast

from tools.bench.__main__ import Benchmark, names

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGE = "tools.simulate"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the scenario that the first argument names.

    Args:
        argv: the command line; None for the process's own.

    Returns:
        0 when it ran, 1 where what it needs is absent, 2 where there is no such scenario.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    known = names(PACKAGE)
    if not words or words[0] not in known:
        asked = words and words[0] not in {"-h", "--help"}
        print(f"no scenario {words[0]!r}; there are:" if asked else f"{__doc__}\nThere are:", file=sys.stderr)
        print("\n".join(f"  {name:<12} {line}" for name, line in known.items()), file=sys.stderr)
        return 2 if asked or not words else 0
    name, *rest = words
    scenario = cast("Benchmark", importlib.import_module(f"{PACKAGE}.{name}"))
    try:
        result = scenario.run([each for each in rest if each != "--json"])
    except (FileNotFoundError, ModuleNotFoundError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    if "--json" in rest:
        print(json.dumps(result))
    else:
        scenario.show(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
