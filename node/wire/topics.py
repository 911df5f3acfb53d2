"""Topics: what is said where.

    torpor/1/<site>/<node>/<kind>     between one node and its gateway
    torpor/1/<site>/_/...             the gateway's own output, for subscribers

The `1` is the major version of the wire: a peer of another major is not heard at all, instead of being heard and
misunderstood. Names are `[a-z0-9-]{1,32}`, so that none of MQTT's `/ + # $` and no NUL can ride in one; `_` is
outside that rule on purpose and can never be a node.

Topics stay short instead of using MQTT 5's topic aliases: paho stores an aliased PUBLISH with an empty topic and
replays it after a reconnect, which the broker answers with a disconnect, for ever.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from node.wire.errors import WireError

MAJOR: Final = "1"
PREFIX: Final = f"torpor/{MAJOR}"
UP: Final = frozenset({"results", "raw", "health", "presence", "reported", "ask"})
"""What a node says."""
DOWN: Final = frozenset({"desired", "receipt", "file", "answer"})
"""What a node is told."""
OUTPUT: Final = "_"
"""Stands where a node's name would, in what the gateway itself publishes."""
MOST_BYTES: Final = 256
"""Longest topic Torpor makes or reads; MQTT would allow 65,535."""

_NAME: Final = re.compile(r"[a-z0-9-]{1,32}")
_LEVEL: Final = re.compile(r"[A-Za-z0-9_.:@-]{1,64}")


@dataclass(frozen=True, slots=True)
class Topic:
    """Where one message goes, or came from; always valid, because it cannot be made otherwise.

    Attributes:
        site: `[a-z0-9-]{1,32}`.
        node: `[a-z0-9-]{1,32}`.
        kind: one of `UP` or `DOWN`.

    >>> str(Topic("orchard", "pump-3", "results"))
    'torpor/1/orchard/pump-3/results'
    """

    site: str
    node: str
    kind: str

    def __post_init__(self) -> None:
        name(self.site)
        name(self.node)
        if self.kind not in UP and self.kind not in DOWN:
            raise WireError("bad-topic", f"kind {self.kind!r} is none of {', '.join(sorted(UP | DOWN))}")

    @property
    def is_up(self) -> bool:
        """Whether the node says it."""
        return self.kind in UP

    def __str__(self) -> str:
        return f"{PREFIX}/{self.site}/{self.node}/{self.kind}"


def name(word: str) -> str:
    """Return `word` if it can name a site or a node.

    Raises:
        WireError: `bad-name`.
    """
    if not _NAME.fullmatch(word):
        raise WireError("bad-name", f"{word[:40]!r} is not [a-z0-9-]{{1,32}}")
    return word


def parse(topic: str) -> Topic:
    """Read the topic of a message between a node and its gateway.

    Raises:
        WireError: `unknown-major` for another version of Torpor, `bad-topic` or `bad-name` for anything else that
            `Topic` would not have made.
    """
    levels = topic.split("/", 5)
    if levels[0] == "torpor" and len(levels) > 1 and levels[1].isdigit() and levels[1] != MAJOR:
        raise WireError("unknown-major", f"{topic[:64]!r} is not below {PREFIX}/. Update the older peer")
    if len(levels) != 5 or levels[:2] != ["torpor", MAJOR]:
        raise WireError("bad-topic", f"{topic[:64]!r} is not {PREFIX}/<site>/<node>/<kind>")
    return Topic(*levels[2:])


def site_filter(site: str, kind: str) -> str:
    """Return the subscription that hears one kind from every node of a site.

    It also matches the gateway's own `_`, which publishes nothing directly under a kind's name.

    >>> site_filter("orchard", "results")
    'torpor/1/orchard/+/results'
    """
    heard = Topic(site, "any", kind)
    return f"{PREFIX}/{heard.site}/+/{heard.kind}"


def gateway_filters(site: str) -> tuple[str, ...]:
    """Return every subscription by which a gateway hears its nodes, sorted by kind."""
    return tuple(site_filter(site, kind) for kind in sorted(UP))


def node_filters(site: str, node: str) -> tuple[str, ...]:
    """Return every subscription by which a node hears its gateway, sorted by kind."""
    return tuple(str(Topic(site, node, kind)) for kind in sorted(DOWN))


def output(site: str, *levels: str) -> str:
    """Return a topic of the gateway's own output.

    Args:
        site: `[a-z0-9-]{1,32}`.
        levels: what comes after `_`, at least one, each `[A-Za-z0-9_.:@-]{1,64}`.

    Raises:
        WireError: `bad-topic` or `bad-name`.

    >>> output("orchard", "pump-3", "latest")
    'torpor/1/orchard/_/pump-3/latest'
    """
    if not levels or not all(_LEVEL.fullmatch(level) for level in levels):
        raise WireError("bad-topic", f"{levels!r}: each level under {OUTPUT} is [A-Za-z0-9_.:@-]{{1,64}}")
    topic = "/".join((PREFIX, name(site), OUTPUT, *levels))
    if len(topic) > MOST_BYTES:
        raise WireError("bad-topic", f"{len(topic)} bytes; at most {MOST_BYTES}")
    return topic


def output_filter(site: str) -> str:
    """Return the subscription that hears all of the gateway's own output, for `mosquitto_sub -t`.

    >>> output_filter("orchard")
    'torpor/1/orchard/_/#'
    """
    return f"{PREFIX}/{name(site)}/{OUTPUT}/#"
