"""What the gateway counts, and what each number says to whoever looks for a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from node.wire.errors import REASONS

if TYPE_CHECKING:
    from collections.abc import Mapping

INGEST: Final[Mapping[str, str]] = {
    "messages": "deliveries taken from the broker, resends and refused ones included",
    "records": "rows that were new, and are stored",
    "raw_windows": "raw windows and pictures that were new, and are stored",
    "duplicates": "records that came again; receipted again, stored once",
    "late": "records that came after their window was closed: stored, but in no aggregate",
    "unsaid": "rows and windows that could not be published; a fault of the gateway's",
    "answered_gateway": "unsure windows that the gateway's larger model answered for",
    "answered_cloud": "unsure windows that the cloud answered for",
    "unanswered": "unsure windows that nobody had an answer for; the node's own stands",
    "escalations_dropped": "of these: nobody was asked, because too many waited",
    "model_deaths": "processes of larger models that died over a window, or had to be ended",
    "limited": "messages above a node's rate: dropped without a receipt, so that the node sends them again",
    "quarantined": "messages that break the contract, whatever the reason",
    **{f"quarantined.{reason}": f"of these: {meaning}" for reason, meaning in REASONS.items()},
    "quarantined.internal": "of these: what the contract allows and the gateway failed at; a fault of the gateway's",
}
"""Kept in the database, so over restarts; a name is there once it counted something."""

LINK: Final[Mapping[str, str]] = {
    "connects": "times the broker took the gateway in",
    "stale_acks": "acknowledgements held back because their connection is gone; the messages come again",
    "unreadable": "packets of the broker that break MQTT, and were stepped over",
    "refused": "outgoing messages that the broker refused, by its access list or a limit of its own",
    "unsent": "outgoing messages given up: no connection, too many waiting, or larger than the broker takes",
}
"""Since the gateway's start."""

EDGE: Final[Mapping[str, str]] = {
    "refusals": "attempts to write that the disk refused; what was to be written is tried again",
    "broker_dropped": "messages that the broker says it dropped since its start, whoever's: a queue was full",
}
"""Since the gateway's start; with those of the link in the gateway's status."""

COUNTERS: Final[Mapping[str, str]] = {**INGEST, **LINK, **EDGE}
"""Every counter that the gateway keeps, with its meaning."""
