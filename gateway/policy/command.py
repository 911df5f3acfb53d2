"""`torpor-gateway policy set | show | history | revert`: what an operator says to nodes, and what came of it.

A running gateway finds what is signed here within a second; nodes hear it when they next wake.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, TypedDict

from gateway import config, publish, queries
from gateway.clock import wall_ms
from gateway.errors import ConfigError, GatewayError, Problem
from gateway.policy import key, register
from gateway.policy.register import Draft, Signed
from gateway.store import Store
from node.wire import codec, topics
from node.wire.errors import WireError
from node.wire.messages import Reported, Value

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

DAY_MS: Final = 86_400_000


def run(options: argparse.Namespace) -> Iterator[str]:
    """Run one action; gives the lines to print."""
    actions = {"set": _set, "show": _show, "history": _history, "revert": _revert}
    return actions[options.action](config.read(options.config), options)


def _set(found: config.Config, options: argparse.Namespace) -> Iterator[str]:
    settings = register.checked(parsed(options.settings))
    yield _signed(found, options, settings, options.note)


def _revert(found: config.Config, options: argparse.Namespace) -> Iterator[str]:
    audience = _audience(found.site.name, options)
    with queries.reading(found.store.path) as database:
        past = register.history(database, audience=audience)
    before = earlier(past, options.to, audience)
    counter = before.counter if before else 0
    yield _signed(found, options, before.settings if before else {}, options.note or f"reverted to {counter}")


def earlier(past: Sequence[Signed], counter: int | None, audience: str) -> Signed | None:
    """Return the policy to go back to; None for the nodes' own configuration (pure).

    Args:
        past: of one audience, the newest first.
        counter: the one that is meant; None for the one before the newest, 0 for none at all.
        audience: for the message.

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
        raise GatewayError(f"no policy {counter or ''} for {audience}; there are: {known}")
    return found


def _signed(found: config.Config, options: argparse.Namespace, settings: Mapping[str, Value], note: str) -> str:
    now_ms = wall_ms()
    days = found.policy.valid_days if options.days is None else options.days
    if not 0 < days <= 3650:
        raise ConfigError([Problem("--days", f"{days:g} is not more than 0 and at most 3650")])
    draft = Draft(
        audience=_audience(found.site.name, options),
        settings=settings,
        not_after_ms=now_ms + round(days * DAY_MS),
        note=note[:200],
    )
    signer = key.read(found.policy.key_file)
    store = Store(found.store.path)
    try:
        with store.transaction():
            (signed,) = register.sign(store.database, [draft], signer, now_ms)
    except WireError as error:  # more than an envelope holds
        raise GatewayError(f"not signed: {error}; give fewer settings") from error
    finally:
        store.close()
    until = publish.iso(signed.not_after_ms)
    return f"policy {signed.counter} for {signed.audience} until {until}: {_said(signed.settings)}"


def _audience(site: str, options: argparse.Namespace) -> str:
    try:
        if options.node is not None:
            return f"{site}/{topics.name(options.node)}"
        return f"{site}/+{topics.name(options.group)}" if options.group is not None else site
    except WireError as error:
        raise ConfigError([Problem("--node" if options.node is not None else "--group", str(error))]) from error


def parsed(words: Sequence[str]) -> dict[str, Value]:
    """Read settings as they are typed.

    Raises:
        ConfigError: every word that is none.

    >>> parsed(["sleep.period_s=60", "dvfs.mode=powersave"])
    {'sleep.period_s': 60, 'dvfs.mode': 'powersave'}
    """
    pairs = [word.partition("=") for word in words]
    wrong = [name for name, equals, value in pairs if not (name and equals and value)]
    if wrong:
        raise ConfigError([Problem(name, "write it as NAME=VALUE, such as sleep.period_s=60") for name in wrong])
    return {name: _value(value) for name, _, value in pairs}


def _value(text: str) -> Value:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def _history(found: config.Config, options: argparse.Namespace) -> Iterator[str]:
    audience = _audience(found.site.name, options) if options.node or options.group else ""
    with queries.reading(found.store.path) as database:
        past = register.history(database, audience=audience, most=options.limit)
    for each in past:
        made, until = publish.iso(each.made_ms), publish.iso(each.not_after_ms)
        if options.json:
            told = {"counter": each.counter, "audience": each.audience, "source": each.source, "note": each.note}
            yield json.dumps({**told, "made": made, "not_after": until, "settings": each.settings})
        else:
            by = f"{each.source}: {each.note}" if each.note else each.source
            yield f"{each.counter:>6}  {made}  {each.audience:<24}  {_said(each.settings)}  ({by}; until {until})"
    if not past and not options.json:
        yield "no policy was signed yet; `torpor-gateway policy set NAME=VALUE` signs one"


def _show(found: config.Config, options: argparse.Namespace) -> Iterator[str]:
    shown = states(found)
    for each in shown:
        if options.json:
            yield json.dumps(each)
            continue
        yield f"{each['node']:<24} policy {each['in_force'] or '-'}: {_said(each['settings'])}  [{each['state']}]"
        for name, reason in each["refused"].items():
            yield f"{'':<24}   {name}: {_printable(reason)}"
    if not shown and not options.json:
        yield "no node has told what it runs on yet"


class Shown(TypedDict):
    """What is printed of one node."""

    node: str
    sent: int
    in_force: int
    state: str
    settings: dict[str, Value]
    refused: dict[str, str]


def states(found: config.Config) -> list[Shown]:
    """Return what each node was told, and what it says to it, by name."""
    with queries.reading(found.store.path) as database:
        desired = queries.desired(database)
        reported = {node: codec.decode("reported", payload) for node, *_, payload in queries.said(database, "reported")}
        signed = {each.envelope: each.counter for each in register.history(database)}
    lines = []
    for node, told in sorted(reported.items()):
        wish = codec.decode("desired", desired[node]) if node in desired else None
        told_counter = signed.get(getattr(wish, "policy", b""), 0)
        if isinstance(told, Reported):
            lines.append(_line(node, told, told_counter))
    return lines


def _line(node: str, told: Reported, sent: int) -> Shown:
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


def _said(settings: Mapping[str, Value]) -> str:
    return ", ".join(f"{name} = {_printable(str(value))}" for name, value in settings.items()) or "no settings"


def _printable(text: str) -> str:
    """Return a stranger's words so that they cannot steer a terminal."""
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)
