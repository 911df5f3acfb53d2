"""The options of `torpor-gateway policy`; declaring them loads none of what carries them out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    actions = parser.add_subparsers(dest="action", required=True)
    told = {
        "set": "sign settings for a node, a group or the whole site",
        "show": "print what each node was told, and what it says to it",
        "history": "print what was signed, the newest first",
        "revert": "sign the settings of an earlier policy anew",
    }
    found = {name: actions.add_parser(name, help=purpose) for name, purpose in told.items()}
    for name, action in found.items():
        action.add_argument("--config", type=Path, default=Path("gateway.toml"), help="(default: %(default)s)")
        if name != "show":
            whom = action.add_mutually_exclusive_group()
            whom.add_argument("--node", metavar="NAME", help="for this node; without it and --group, for the site")
            whom.add_argument("--group", metavar="NAME", help="for the nodes whose [policy] group this is")
        if name in {"show", "history"}:
            action.add_argument("--json", action="store_true", help="for programs: one JSON object a line")
        else:
            action.add_argument("--days", type=float, metavar="N", help="how long it holds (default: valid_days)")
            action.add_argument("--note", default="", help="why, for the history")
    found["set"].add_argument("settings", nargs="+", metavar="NAME=VALUE", help="such as sleep.period_s=60")
    found["history"].add_argument("--limit", type=int, default=20, metavar="N", help="(default: %(default)s)")
    found["revert"].add_argument(
        "--to", type=int, metavar="COUNTER", help="0 for the nodes' own configuration (default: the one before)"
    )
