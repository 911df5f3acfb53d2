"""`torpor-gateway rollout create | status | pause | resume | abort`: an operator's way to the desk."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from gateway import config
from gateway.clock import wall_ms
from gateway.errors import ConfigError, GatewayError, Problem
from gateway.rollout import desk, page
from gateway.rollout.chart import brief, chart
from gateway.rollout.events import Abort, Pause, Resume
from gateway.rollout.machine import Course
from gateway.rollout.overview import overview
from gateway.rollout.plan import counted
from gateway.rollout.wish import Wish, checked
from gateway.store import queries
from gateway.store.database import Store

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from gateway.rollout.page import Page

_OPTIONS: Final = {"name": "NAME", "target": "TARGET", "nodes": "--node", "groups": "--group", "windows": "--window"}
"""How an operator typed what a wish calls otherwise."""


def run(options: argparse.Namespace) -> Iterator[str]:
    """Run one action; gives the lines to print."""
    actions = {"create": _create, "status": _status, "pause": _say, "resume": _say, "abort": _say}
    return actions[options.action](config.read(options.config), options)


def _create(found: config.Config, options: argparse.Namespace) -> Iterator[str]:
    words = {name: value for name in Wish.model_fields if (value := getattr(options, name)) is not None}
    try:
        wish = checked(**{"zone": found.site.zone, **words})
        with closing(Store(found.store.path)) as store:
            created = desk.create(store, found, wish, wall_ms())
    except ConfigError as error:
        raise ConfigError([Problem(_typed(each.path), each.message) for each in error.problems]) from error
    plan = created.rollout.plan
    sizes = ", then ".join(str(each.size) for each in plan.stages)
    yield f"rollout {plan.name}: {plan.model} for {counted(len(created.rollout.members))}: {sizes}"
    for each in created.notes:
        yield f"  but {each}"
    yield f"it begins when the gateway runs; `torpor-gateway rollout status {plan.name}` shows how it goes"


def _typed(name: str) -> str:
    return _OPTIONS.get(name, f"--{name.replace('_', '-')}")


def _say(found: config.Config, options: argparse.Namespace) -> Iterator[str]:
    with closing(Store(found.store.path)) as store:
        rollout = desk.say(store, options.name, _word(options))
    plan = rollout.plan
    yield f"rollout {plan.name} is {rollout.course}, stage {rollout.stage + 1} of {len(plan.stages)}"
    took = sum(each.took_it for each in rollout.members.values())
    if rollout.course is Course.ABORTED:
        then = "go back" if rollout.returns else f"keep it; `abort {plan.name} --revert` would have them go back"
        yield f"  {counted(took)} took {plan.model}" + (f", and {then}" if took else "")


def _word(options: argparse.Namespace) -> Pause | Resume | Abort:
    if options.action == "pause":
        return Pause()
    return Resume(skips=options.next) if options.action == "resume" else Abort(reverts=options.revert)


def _status(found: config.Config, options: argparse.Namespace) -> Iterator[str]:
    with queries.reading(found.store.path) as database:
        pages = _asked(page.every(database), options.name)
    now_ms = wall_ms()
    seen = [overview(each, now_ms) for each in pages]
    if options.json:
        yield from (json.dumps(asdict(each)) for each in seen)
    elif options.name or len(seen) == 1:
        yield from chart(seen[0])
    else:
        yield from (brief(each) for each in seen)
        if not seen:
            yield "no rollout was created yet; `torpor-gateway rollout create NAME TARGET` creates one"


def _asked(pages: list[Page], name: str) -> list[Page]:
    found = [each for each in pages if name in {"", each.rollout.plan.name}]
    if name and not found:
        names = ", ".join(each.rollout.plan.name for each in pages) or "none"
        raise GatewayError(f"no rollout {name!r}; there are: {names}")
    return found
