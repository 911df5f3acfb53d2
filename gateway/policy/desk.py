"""The desk at which an operator steers by policies; `command` and the API stand on either side of it.

A running gateway finds what is signed here within a second; nodes hear it when they next wake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypedDict

from gateway.errors import ConfigError, GatewayError, Problem
from gateway.policy import key, register
from gateway.policy.register import Draft, Signed
from gateway.store import queries
from gateway.store.database import Store
from node.wire import codec, topics
from node.wire.errors import WireError
from node.wire.messages import Reported, Value

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from gateway.config import Config

DAY_MS: Final = 86_400_000
MOST_DAYS: Final = 3650
LONGEST_NOTE: Final = 200


def audience(site: str, *, node: str | None = None, group: str | None = None) -> str:
    """Say for whom a policy is: a node, a group, or else the whole site.

    Raises:
        ConfigError: a name is none.
    """
    try:
        if node is not None:
            return f"{site}/{topics.name(node)}"
        return f"{site}/+{topics.name(group)}" if group is not None else site
    except WireError as error:
        raise ConfigError([Problem("--node" if node is not None else "--group", str(error))]) from error


def put(config: Config, draft: Draft, now_ms: int) -> Signed:
    """Sign a policy, and enter it for those it is meant for.

    Args:
        config: the gateway's.
        draft: what to sign; see `draft`.
        now_ms: the time.

    Raises:
        GatewayError: it is more than an envelope holds.
        ConfigError: the key is not to be used.
        StoreError: the disk refuses.
    """
    signer = key.read(config.policy.key_file)
    store = Store(config.store.path)
    try:
        with store.guarded(), store.transaction():
            (signed,) = register.sign(store.database, [draft], signer, now_ms)
    except WireError as error:
        raise GatewayError(f"not signed: {error}; give fewer settings") from error
    finally:
        store.close()
    return signed


def unheard(config: Config, *, node: str | None = None, group: str | None = None) -> str:
    """Say that nobody whom a policy is meant for was ever heard; empty where somebody was, and for the whole site.

    A node may be new, so it is no error; but it may be a slip of the pen as well.

    Raises:
        StoreError: there is no database, or it cannot be read.
    """
    if node is None and group is None:
        return ""
    with queries.reading(config.store.path) as database:
        known = queries.names(database) if node is not None else sorted(_groups(database))
    if (node if node is not None else group) in known:
        return ""
    some = f"{', '.join(known[:10])}{', ...' if len(known) > 10 else ''}" or "none yet"
    if node is not None:
        return f"no node {node!r} was ever heard at this site, it counts if one comes; there are: {some}"
    return f"no node has said that its [policy] group is {group!r}, it counts if one does; there are: {some}"


def _groups(database: sqlite3.Connection) -> set[str]:
    said = (codec.decode("reported", payload) for *_, payload in queries.said(database, "reported"))
    groups = {str(each.settings.get("policy.group") or "") for each in said if isinstance(each, Reported)}
    return groups - {""}


def drafted(
    config: Config, meant: str, settings: Mapping[str, Value], now_ms: int, *, days: float | None = None, note: str = ""
) -> Draft:
    """Draft a policy.

    Args:
        config: the gateway's.
        meant: for whom, see `audience`.
        settings: what to live by; none for the nodes' own configuration.
        now_ms: the time.
        days: how long it holds; None for the configured `valid_days`.
        note: why, for the history.

    Raises:
        ConfigError: every setting that no node would take; or a time that is none.
    """
    held_days = config.policy.valid_days if days is None else days
    if not 0 < held_days <= MOST_DAYS:
        raise ConfigError([Problem("--days", f"{held_days:g} is not more than 0 and at most {MOST_DAYS}")])
    return Draft(
        audience=meant,
        settings=register.checked(settings),
        not_after_ms=now_ms + round(held_days * DAY_MS),
        note=note[:LONGEST_NOTE],
    )


def history(config: Config, meant: str = "", most: int = -1) -> list[Signed]:
    """Return what was signed, the newest first; for one audience, or for all where none is given.

    Raises:
        StoreError: there is no database, or it cannot be read.
    """
    with queries.reading(config.store.path) as database:
        return register.history(database, audience=meant, most=most)


def earlier(past: Sequence[Signed], counter: int | None, meant: str) -> Signed | None:
    """Return the policy to go back to; None for the nodes' own configuration (pure).

    Args:
        past: of one audience, the newest first.
        counter: the one that is meant; None for the one before the newest, 0 for none at all.
        meant: the audience, for the message.

    Raises:
        GatewayError: there is no such policy.
    """
    if counter == 0 or (counter is None and len(past) == 1):
        return None
    if counter is None and past:
        return past[1]
    found = next((each for each in past if each.counter == counter), None)
    if found is None:
        known = ", ".join(str(each.counter) for each in past[:10]) or "none"
        raise GatewayError(f"no policy {f'{counter} ' if counter else ''}for {meant}; there are: {known}")
    return found


class Shown(TypedDict):
    """What is shown of one node."""

    node: str
    sent: int
    in_force: int
    state: str
    settings: dict[str, Value]
    refused: dict[str, str]


def states(config: Config, span: queries.Span = queries.ALL) -> list[Shown]:
    """Return what each node in a span was told, and what it says to it, by name.

    Raises:
        StoreError: there is no database, or it cannot be read.
    """
    with queries.reading(config.store.path) as database:
        desired = queries.desired(database, span)
        said = queries.said(database, "reported", span)
        reported = {node: codec.decode("reported", payload) for node, *_, payload in said}
        signed = register.counters(database)
    shown = []
    for node, told in sorted(reported.items()):
        wish = codec.decode("desired", desired[node]) if node in desired else None
        told_counter = signed.get(getattr(wish, "policy", b""), 0)
        if isinstance(told, Reported):
            shown.append(_shown(node, told, told_counter))
    return shown


def _shown(node: str, told: Reported, sent: int) -> Shown:
    if told.policy_counter == sent:
        state = "in force" if sent else "its own configuration"
    elif told.refused.keys() & {"policy", "lapse"}:
        state = f"policy {sent} is not in force" if sent else "its own configuration"
    else:
        state = f"policy {sent} waits for its next wake" if sent else "in force"
    return {
        "node": node,
        "sent": sent,
        "in_force": told.policy_counter,
        "state": state,
        "settings": dict(told.settings),
        "refused": dict(told.refused),
    }
