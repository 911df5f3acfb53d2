"""Train the demo's models again: `python -m tools.train digits|pump|small|further [--out DIR]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

ZOO: Final = Path(__file__).resolve().parents[1] / "zoo"


def main() -> int:
    """Train, write, and print what each model reached.

    Returns:
        0 when all is written, 2 where the packages are missing.
    """
    reader = argparse.ArgumentParser(prog="python -m tools.train", description="Train the demo's models again.")
    reader.add_argument("what", choices=("digits", "pump", "small", "further"))
    reader.add_argument("--out", type=Path, default=ZOO, help="where the models go; tools/zoo by default")
    chosen = reader.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    try:
        reached = _train(chosen.what, chosen.out)
    except ModuleNotFoundError as error:
        print(f"{error}; install them with: pip install 'torpor[train]'", file=sys.stderr)
        return 2
    for name, figure in reached.items():
        print(f"{name:<24} {figure:8.2f}")
    return 0


def _train(what: str, out: Path) -> dict[str, float]:
    from tools.train import digits, further, pump, small

    trains: dict[str, Callable[[Path], dict[str, float]]] = {
        "digits": digits.train,
        "pump": pump.train,
        "small": small.train,
        "further": further.train,
    }
    return trains[what](out)


if __name__ == "__main__":
    sys.exit(main())
