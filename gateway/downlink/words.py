"""The options of `torpor-gateway lease | command | commands`; declaring them loads none of what carries them out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    lease = commands.add_parser("lease", help="ask a node to stay up, with its link open, for a while")
    lease.add_argument("node", metavar="NODE")
    lease.add_argument(
        "time", nargs="?", metavar="TIME", help="such as 90s, 10m or 2h, from now on; 0 takes it back; none: show it"
    )
    order = commands.add_parser("command", help="order something of a node, once")
    order.add_argument("node", metavar="NODE")
    order.add_argument("words", metavar="COMMAND", help="doctor, identify, raw or reboot, if the node allows it")
    order.add_argument(
        "--minutes", type=float, default=1440.0, metavar="N", help="not begun after so long (default: a day)"
    )
    shown = commands.add_parser("commands", help="print what was ordered of a node, and what became of it")
    shown.add_argument("node", nargs="?", default="", metavar="NODE", help="(default: all)")
    shown.add_argument("--limit", type=int, default=20, metavar="N", help="(default: %(default)s)")
    shown.add_argument("--json", action="store_true", help="for programs: one JSON object a line")
    for each in (lease, order, shown):
        each.add_argument("--config", type=Path, default=Path("gateway.toml"), help="(default: %(default)s)")
