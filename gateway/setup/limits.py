"""What a broker's file must say so that nothing is lost at it, nor anybody in who should not be. Pure.

`init` writes such a file; a hand that edits it, or one that was written for something else, loses messages silently:
mosquitto acknowledges a message and then drops it for a full queue.

Source: mosquitto.conf(5); measured with 2.0.11: by its defaults 35,000 of 36,000 messages are gone after an hour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from node.wire.prescan import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LEAST_QUEUED: Final = 100_000
"""Three hours of a hundred nodes that speak every ten seconds."""
LEAST_PACKET_BYTES: Final = MOST_BYTES + 1024
MOST_AUTOSAVE_S: Final = 300


class Limit(NamedTuple):
    """One option of mosquitto's: what it stands at when it is not named, what it may be, and what happens else."""

    default: str
    holds: Callable[[str], bool]
    wanted: str
    why: str


def _at_least(least: int, *, or_none: bool = False) -> Callable[[str], bool]:
    return lambda text: text.isdigit() and (int(text) >= least or (or_none and int(text) == 0))


def _is(word: str) -> Callable[[str], bool]:
    return lambda text: text == word


DELIVERY: Final[Mapping[str, Limit]] = {
    "max_queued_messages": Limit(
        "1000", _at_least(LEAST_QUEUED), f"{LEAST_QUEUED} or more; 0 was broken in 2.0.16", "drops what waits"
    ),
    "max_queued_bytes": Limit("0", _is("0"), "0", "drops what waits"),
    "persistence": Limit("false", _is("true"), "true", "forgets all sessions when it is started again"),
    "autosave_interval": Limit(
        "1800",
        lambda text: text.isdigit() and 0 < int(text) <= MOST_AUTOSAVE_S,
        f"1 to {MOST_AUTOSAVE_S}",
        "loses what came since when it is killed",
    ),
    "persistent_client_expiration": Limit("", _is(""), "left out", "forgets the session of a gateway that is away"),
    "max_packet_size": Limit(
        "0", _at_least(LEAST_PACKET_BYTES, or_none=True), f"{LEAST_PACKET_BYTES} or more", "throws out who sends more"
    ),
    "message_size_limit": Limit(
        "0", _at_least(LEAST_PACKET_BYTES, or_none=True), f"{LEAST_PACKET_BYTES} or more", "jams who sends more"
    ),
}
IDENTITY: Final[Mapping[str, Limit]] = {
    "allow_anonymous": Limit("false", _is("false"), "false", "lets everybody in"),
    "require_certificate": Limit("false", _is("true"), "true", "lets in who has no certificate"),
    "use_identity_as_username": Limit("false", _is("true"), "true", "believes whatever name a client claims"),
    "use_username_as_clientid": Limit("false", _is("true"), "true", "lets one client take over another's session"),
    "acl_file": Limit("", bool, "the list that torpor-gateway writes", "lets everybody read and write everything"),
    "crlfile": Limit("", bool, "the list that torpor-gateway writes", "lets in who was revoked"),
}


def complaints(text: str, *, sealed: bool) -> Iterator[str]:
    """Say what in a broker's file loses messages, or lets somebody in.

    Args:
        text: the file.
        sealed: whether its site has an authority of its own, and nobody is to come in without its certificate.
    """
    said = dict(_lines(text))
    for name, limit in {**DELIVERY, **(IDENTITY if sealed else {})}.items():
        value = said.get(name, limit.default)
        if not limit.holds(value):
            stands = f"is {value}" if name in said else f"is not there, and so {limit.default or 'off'}"
            yield f"{name} {stands}: the broker {limit.why}; wanted: {limit.wanted}"


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, value = line.strip().partition(" ")
            yield name, value.strip()
