"""`torpor-gateway lease | command | commands`: what an operator asks of a node, and what came of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gateway import config
from gateway.clock import wall_ms
from gateway.downlink import desk
from gateway.errors import ConfigError, Problem
from gateway.printed import printable
from gateway.publish import output

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from gateway.downlink.register import Command


def run(options: argparse.Namespace) -> Iterator[str]:
    """Run one command; gives the lines to print."""
    actions = {"lease": _lease, "command": _order, "commands": _show}
    return actions[options.command](config.read(options.config), options)


def _lease(found: config.Config, options: argparse.Namespace) -> Iterator[str]:
    if options.time is None:
        yield from _stands(options.node, desk.lease_of(found, options.node, wall_ms()))
        return
    try:
        held_s = desk.seconds(options.time)
    except ValueError as error:
        raise ConfigError([Problem("TIME", str(error))]) from error
    until_ms = desk.lease(found, options.node, held_s, wall_ms())
    if until_ms:
        yield f"{options.node} is asked to stay up until {output.iso(until_ms)}, from when it next connects"
    else:
        yield f"{options.node} is not asked to stay up any more"


def _stands(node: str, lease: desk.Lease) -> Iterator[str]:
    asked = f"asked to stay up until {output.iso(lease.until_ms)}" if lease.until_ms else "not asked to stay up"
    held = f"it does until {output.iso(lease.held_ms)}" if lease.held_ms else "it does not say that it does"
    yield f"{node} is {asked}; {held}"
    if lease.refused:
        yield f"  {printable(lease.refused)}"


def _order(found: config.Config, options: argparse.Namespace) -> Iterator[str]:
    ordered = desk.order(found, options.node, options.words, wall_ms(), minutes=options.minutes)
    until = output.iso(ordered.not_after_ms)
    yield f"{ordered.id}: {ordered.words} is sent to {ordered.node}, who begins it by {until} or not at all"


def _show(found: config.Config, options: argparse.Namespace) -> Iterator[str]:
    past = desk.commands(found, options.node, options.limit)
    for each in past:
        yield from [json.dumps(told(each))] if options.json else _lines(each)
    if not past and not options.json:
        yield "nothing was ordered yet; `torpor-gateway command NODE identify` does"


def told(command: Command) -> dict[str, object]:
    """Return a command as programs read it."""
    return {
        "id": command.id,
        "node": command.node,
        "words": command.words,
        "state": command.state.value,
        "reason": command.reason,
        "findings": dict(command.findings),
        "made": output.iso(command.made_ms),
        "not_after": output.iso(command.not_after_ms),
        "changed": output.iso(command.changed_ms),
    }


def _lines(each: Command) -> Iterator[str]:
    reason = f"  ({printable(each.reason)})" if each.reason else ""
    changed = output.iso(each.changed_ms)
    yield f"{each.id}  {changed}  {each.node:<24}  {each.words:<10}  {each.state}{reason}"
    width = max(map(len, each.findings), default=0)
    for what, text in sorted(each.findings.items(), key=_worst_first):
        yield f"    {printable(what):<{width}}  {printable(text)}"


def _worst_first(finding: tuple[str, str]) -> tuple[int, str]:
    what, text = finding
    marks = ("FAIL", "warn")
    return next((place for place, mark in enumerate(marks) if text.startswith(mark)), len(marks)), what
