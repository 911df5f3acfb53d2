"""The desk at which an operator asks something of a node; `command` and the API stand on either side of it.

A running gateway finds what is entered here within a second; a node hears of it when it next connects.
"""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final

from gateway.downlink import register
from gateway.downlink.lifecycle import OPEN
from gateway.errors import ConfigError, GatewayError, Problem
from gateway.store import queries
from gateway.store.database import Store
from node.wire import codec
from node.wire.messages import Reported
from node.wire.vocabulary import COMMANDS

if TYPE_CHECKING:
    from gateway.config import Config
    from gateway.downlink.register import Command

LONGEST_S: Final = 86_400.0
"""Of a lease, a day; each node's own limit is far below that."""
HELD_MINUTES: Final = 1440.0
MOST_MINUTES: Final = 43_200.0
MOST_OPEN: Final = 16
"""Commands of one node that may wait: what stands in a message has its bounds."""
HELD: Final = "lease.until_ms"
"""Under which a node reports the lease that it keeps."""
WORDS: Final = r"[a-z0-9-]{1,32}"
_UNITS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(text: str) -> float:
    """Read a duration as it is typed.

    Raises:
        ValueError: it is none, or longer than a day.

    >>> seconds("10m"), seconds("90"), seconds("1.5h")
    (600.0, 90.0, 5400.0)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    held_s = float(found[1]) * _UNITS[found[2]] if found else -1.0
    if not 0.0 <= held_s <= LONGEST_S:
        raise ValueError(f"{text!r} is no time such as 90s, 10m or 2h, up to a day")
    return held_s


def lease(config: Config, node: str, held_s: float, now_ms: int) -> int:
    """Ask a node to stay up from now on; another lease takes the place of the one before.

    Args:
        config: the gateway's.
        node: who.
        held_s: how long; 0 takes back what was asked.
        now_ms: the time.

    Returns:
        The end of the lease, 0 for none.

    Raises:
        ConfigError: that is no length of a lease.
        GatewayError: no such node was ever heard.
        StoreError: the disk refuses.
    """
    if not 0.0 <= held_s <= LONGEST_S:
        raise ConfigError([Problem("seconds", f"{held_s:g} is not between 0 and {LONGEST_S:g}")])
    until_ms = now_ms + round(held_s * 1000) if held_s else 0
    with closing(Store(config.store.path)) as store, store.guarded(), store.transaction():
        _known(store, node)
        register.lease(store.database, node, until_ms, now_ms)
    return until_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """What a node was asked, and what it says to it.

    Attributes:
        until_ms: until when it is asked to stay up; 0 for not at all.
        held_ms: until when it says that it does; 0 where it does not say so.
        refused: why it does not, or not for so long; empty where it does.
    """

    until_ms: int
    held_ms: int
    refused: str


def lease_of(config: Config, node: str, now_ms: int) -> Lease:
    """Return how the lease of a node stands.

    Raises:
        StoreError: there is no database, or it cannot be read.
    """
    with queries.reading(config.store.path) as database:
        until_ms = register.leases(database, now_ms).get(node, 0)
        told = database.execute("SELECT payload FROM said WHERE node = ? AND kind = 'reported'", (node,)).fetchone()
    said = codec.decode("reported", told[0]) if told else None
    settings, refused = (said.settings, said.refused) if isinstance(said, Reported) else ({}, {})
    held_ms = settings.get(HELD)
    return Lease(
        until_ms=until_ms, held_ms=held_ms if isinstance(held_ms, int) else 0, refused=refused.get("lease", "")
    )


def order(config: Config, node: str, words: str, now_ms: int, *, minutes: float = HELD_MINUTES) -> Command:
    """Order something of a node, once.

    Args:
        config: the gateway's.
        node: who.
        words: what, of those that any node knows; whether this one does that is its own to say.
        now_ms: the time.
        minutes: how long it may take until the node begins; after that, it does not.

    Raises:
        ConfigError: no node has such a command, or that is no time.
        GatewayError: no such node was ever heard, or too many of its commands wait.
        StoreError: the disk refuses.
    """
    if words not in COMMANDS and words not in (known := commands_of_guests()):
        valid = ", ".join([*COMMANDS, *known])
        raise ConfigError([Problem("words", f"no node knows the command {words[:40]!r}; there are: {valid}")])
    if not 0.0 < minutes <= MOST_MINUTES:
        raise ConfigError([Problem("minutes", f"{minutes:g} is not more than 0 and at most {MOST_MINUTES:g}")])
    with closing(Store(config.store.path)) as store, store.guarded(), store.transaction():
        _known(store, node)
        waiting = sum(each.state in OPEN for each in register.commands(store.database, node))
        if waiting >= MOST_OPEN:
            raise GatewayError(f"{waiting} commands wait for {node!r} already; it hears of them when it next wakes")
        return register.order(store.database, node, words, now_ms, now_ms + round(minutes * 60_000))


def commands_of_guests() -> list[str]:
    """Return the commands of other distributions that are installed here: a node finds its own in the same way."""
    return sorted(each.name for each in entry_points(group="torpor.commands") if re.fullmatch(WORDS, each.name))


def commands(config: Config, node: str = "", most: int = 20) -> list[Command]:
    """Return what was ordered of a node, or of all, the newest first.

    Raises:
        StoreError: there is no database, or it cannot be read.
    """
    with queries.reading(config.store.path) as database:
        return register.commands(database, node, most)


def _known(store: Store, node: str) -> None:
    """Let nobody order something of a slip of the pen."""
    execute = store.database.execute
    if not execute("SELECT 1 FROM said WHERE node = ?1 UNION SELECT 1 FROM boot WHERE node = ?1", (node,)).fetchone():
        found = execute("SELECT node FROM said UNION SELECT node FROM boot ORDER BY node LIMIT 10")
        known = ", ".join(each for (each,) in found) or "none"
        raise GatewayError(f"no node {node[:40]!r} was ever heard at this site; there are: {known}")
