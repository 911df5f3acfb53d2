"""`torpor-gateway policy set | show | history | revert`: what an operator says to nodes, and what came of it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from gateway import config
from gateway.clock import wall_ms
from gateway.errors import ConfigError, Problem
from gateway.policy import desk
from gateway.printed import printable
from gateway.publish import output

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from node.wire.messages import Value


def run(options: argparse.Namespace) -> Iterator[str]:
    """Run one action; gives the lines to print."""
    actions = {"set": _set, "show": _show, "history": _history, "revert": _revert}
    return actions[options.action](config.read(options.config), options)


def _set(found: config.Config, options: argparse.Namespace) -> Iterator[str]:
    yield _signed(found, options, parsed(options.settings), options.note)
    note = desk.unheard(found, node=options.node, group=options.group)
    if note:
        print(f"note: {printable(note)}", file=sys.stderr)  # noqa: T201 - beside the lines that programs read


def _revert(found: config.Config, options: argparse.Namespace) -> Iterator[str]:
    meant = _audience(found, options)
    before = desk.earlier(desk.history(found, meant), options.to, meant)
    note = options.note or f"reverted to {before.counter if before else 0}"
    yield _signed(found, options, before.settings if before else {}, note)


def _signed(found: config.Config, options: argparse.Namespace, settings: Mapping[str, Value], note: str) -> str:
    now_ms = wall_ms()
    draft = desk.drafted(found, _audience(found, options), settings, now_ms, days=options.days, note=note)
    signed = desk.put(found, draft, now_ms)
    until = output.iso(signed.not_after_ms)
    return f"policy {signed.counter} for {signed.audience} until {until}: {_said(signed.settings)}"


def _audience(found: config.Config, options: argparse.Namespace) -> str:
    return desk.audience(found.site.name, node=options.node, group=options.group)


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
    meant = _audience(found, options) if options.node or options.group else ""
    past = desk.history(found, meant, options.limit)
    for each in past:
        made, until = output.iso(each.made_ms), output.iso(each.not_after_ms)
        if options.json:
            told = {"counter": each.counter, "audience": each.audience, "source": each.source, "note": each.note}
            yield json.dumps({**told, "made": made, "not_after": until, "settings": each.settings})
        else:
            by = f"{each.source}: {each.note}" if each.note else each.source
            yield f"{each.counter:>6}  {made}  {each.audience:<24}  {_said(each.settings)}  ({by}; until {until})"
    if not past and not options.json:
        yield "no policy was signed yet; `torpor-gateway policy set NAME=VALUE` signs one"


def _show(found: config.Config, options: argparse.Namespace) -> Iterator[str]:
    shown = desk.states(found)
    for each in shown:
        if options.json:
            yield json.dumps(each)
            continue
        yield f"{each['node']:<24} policy {each['in_force'] or '-'}: {_said(each['settings'])}  [{each['state']}]"
        for name, reason in each["refused"].items():
            yield f"{'':<24}   {name}: {printable(reason)}"
    if not shown and not options.json:
        yield "no node has told what it runs on yet"


def _said(settings: Mapping[str, Value]) -> str:
    return ", ".join(f"{name} = {printable(str(value))}" for name, value in settings.items()) or "no settings"
