"""What each role may read and write at the broker, in mosquitto's words. Pure.

Two lines hold all nodes: what a node says lies under its own name, and so does what it is told. A subscriber reads the
gateway's output and nothing else; the two lines would let it write under its own name too, which is no node's but
would reach the gateway, so that is denied first.

Source: mosquitto.conf(5), "acl_file": `deny` before all, then a user's own lines, then the patterns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.condition import DROPPED
from node.wire import topics
from node.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Iterable

GATEWAY: Final = "_gateway"
"""The gateway's name at the broker: no node can have it, for `_` is in no node's name."""


def subscriber(name: str) -> str:
    """Return a subscriber's name at the broker.

    Raises:
        WireError: `bad-name`: it is not `[a-z0-9-]{1,32}`, or would be the gateway's.
    """
    if name == GATEWAY.removeprefix("_"):
        raise WireError("bad-name", f"{name!r} is the gateway's own; give the subscriber another name")
    return f"_{topics.name(name)}"


def text(site: str, subscribers: Iterable[str]) -> str:
    """Return the access list.

    Args:
        site: whose.
        subscribers: their names at the broker.
    """
    here = f"{topics.PREFIX}/{topics.name(site)}"
    lines = [
        "# Written by torpor-gateway, which replaces it whole: who may read and write what.",
        f"user {GATEWAY}",
        f"topic readwrite {here}/#",
        f"topic read {DROPPED}",
        "",
    ]
    for each in sorted(subscribers):
        lines += [f"user {each}", f"topic deny {here}/{each}/#", f"topic read {topics.output_filter(site)}", ""]
    lines += ["# A node: %u is the name in its certificate.", f"pattern write {here}/%u/#", f"pattern read {here}/%u/#"]
    return "\n".join((*lines, ""))
