"""Begin something new: `board ID` makes a board's folder, and checks it when it is there already."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from boards import FOLDER
from node.errors import ConfigError
from node.options import NAME
from tools.new.board import begin, finish, this_machine


def main() -> int:
    """Begin, or check what was begun.

    Returns:
        0; 1 where something is still to be filled in; 2 for a name that no board can have.
    """
    parser = argparse.ArgumentParser(prog="torpor new", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    board = kinds.add_parser("board", help="a board's folder: board.toml and README")
    board.add_argument("id", help="the folder's name: small letters, digits and hyphens")
    board.add_argument("--folder", type=Path, default=FOLDER, help="where the folders of boards are")
    board.add_argument("--this-machine", action="store_true", help="take from this machine what it says of itself")
    options = parser.parse_args()
    if not re.fullmatch(NAME, options.id):
        print(f"{options.id!r} is no name for a board: {NAME.pattern}")
        return 2
    if (options.folder / options.id).exists():
        return _check(options.id, options.folder)
    home = begin(options.id, options.folder, this_machine() if options.this_machine else {})
    print(f"wrote {home}/board.toml and README.md; fill them in, then run this again to check them")
    return 0


def _check(board_id: str, folder: Path) -> int:
    try:
        finish(board_id, folder)
    except ConfigError as error:
        print(error, f"{len(error.problems)} to go", sep="\n")
        return 1
    print(f"{folder / board_id}: sound; its README has the figures")
    return 0


if __name__ == "__main__":
    sys.exit(main())
