"""The options of `torpor-gateway rollout`; declaring them loads none of what carries them out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import argparse

_PURPOSES: Final = {
    "create": "have nodes take a model, a few at first",
    "status": "print how rollouts stand",
    "pause": "offer nothing more; what nodes have begun goes on",
    "resume": "go on",
    "abort": "take back what is offered, for good",
}


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    actions = parser.add_subparsers(dest="action", required=True)
    found = {name: actions.add_parser(name, help=purpose) for name, purpose in _PURPOSES.items()}
    for name, action in found.items():
        if name == "status":
            action.add_argument("name", metavar="NAME", nargs="?", default="", help="of one of them alone")
        else:
            action.add_argument("name", metavar="NAME", help="of the rollout; your choice at `create`")
        action.add_argument("--config", type=Path, default=Path("gateway.toml"), help="(default: %(default)s)")
    _declare_create(found["create"])
    found["status"].add_argument("--json", action="store_true", help="for programs: one JSON object a line")
    told = "to the next stage, though this one is not through"
    found["resume"].add_argument("--next", action="store_true", help=told)
    found["abort"].add_argument("--revert", action="store_true", help="nodes that took it go back")


def _declare_create(create: argparse.ArgumentParser) -> None:
    create.add_argument("target", metavar="TARGET", help="the model as it is published, such as digits@2.tflite")
    create.add_argument("--node", action="append", dest="nodes", metavar="NAME", help="for this node; again for more")
    create.add_argument("--group", action="append", dest="groups", metavar="NAME", help="for the nodes of this group")
    create.add_argument(
        "--stages",
        nargs="+",
        metavar="STAGE",
        help="each a number of nodes, a share such as 10%%, names with commas between, or all (default: 1 10%% all)",
    )
    for name, kind, told in (
        ("concurrency", int, "nodes at most that are offered it and not through (default: 10)"),
        ("success", float, "share of a stage that must have it before the next one begins (default: 0.9)"),
        ("failure", float, "share of a stage that may fail; one more, and it halts (default: 0.1)"),
        ("patience-wakes", int, "promised wakes without progress that end a node's turn (default: 10)"),
        ("box-wakes", int, "wakes that a node which failed is left alone (default: 5)"),
        ("retries", int, "how often it is tried again after that (default: 1)"),
        ("least-charge", float, "share of its battery that a node must have, where it tells it (default: 0.3)"),
    ):
        create.add_argument(f"--{name}", type=kind, metavar="N", help=told)
    create.add_argument(
        "--window",
        action="append",
        dest="windows",
        metavar="WHEN",
        help="such as 'sat,sun 01:00-04:00'; again for more",
    )
    create.add_argument("--zone", metavar="ZONE", help="whose clock that means (default: the site's zone, or UTC)")
    create.add_argument(
        "--no-revert", action="store_false", dest="reverts", default=None, help="a halt leaves the model where it is"
    )
