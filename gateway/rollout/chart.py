"""A rollout as a person reads it at a glance: a bar a stage, and the nodes that there is something to say of (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.printed import printable
from gateway.rollout.plan import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gateway.rollout.overview import Overview, Stage, Trouble

WIDTH: Final = 30
MOST_NODES: Final = 12
MARKS: Final = {
    "done": "█",
    "begun": "▓",
    "offered": "▒",
    "returning": "◂",
    "returned": "◁",
    "stuck": "!",
    "boxed": "x",
    "failed": "x",
    "unreached": "?",
    "waiting": "·",
}
"""A phase's mark, in the order of the bar."""
_SAID: Final = {
    "done": "have it",
    "begun": "under way",
    "offered": "offered",
    "returning": "going back",
    "returned": "went back",
    "stuck": "could not go back",
    "boxed": "in the penalty box",
    "failed": "failed",
    "unreached": "not reached",
}


def chart(seen: Overview) -> Iterator[str]:
    """Give the lines of a status."""
    stage = f"stage {seen.stage} of {len(seen.stages)}"
    yield f"{seen.name}: {seen.model} for {counted(sum(each.size for each in seen.stages))}, {seen.course}, {stage}"
    if seen.reason:
        yield f"  because {seen.reason}"
    if seen.windows:
        yield f"  offered only {'; '.join(seen.windows)} ({seen.zone})"
    if seen.waits:
        yield f"  waits: {seen.waits}"
    elif seen.course == "running" and (lacks := _next(seen)):
        yield f"  next: {lacks}"
    width = max(len(each.name) for each in seen.stages)
    for at, each in enumerate(seen.stages, 1):
        arrow = ">" if at == seen.stage else " "
        yield f"  {arrow} {each.name:<{width}}  {bar(each.phases, WIDTH)}  {_told(each)}"
    yield from _nodes(seen.troubles)


def brief(seen: Overview) -> str:
    """Return a rollout in one line."""
    phases = {name: sum(each.phases.get(name, 0) for each in seen.stages) for name in MARKS}
    done, size = phases["done"], sum(each.size for each in seen.stages)
    stage = f"stage {seen.stage}/{len(seen.stages)}"
    return f"{seen.name:<20}  {bar(phases, WIDTH)}  {seen.course:<8}  {stage}  {done}/{size} have {seen.model}"


def bar(phases: Mapping[str, int], width: int) -> str:
    """Return how many stand where, as a bar; whoever is there at all has a mark.

    >>> bar({"done": 6, "begun": 3, "waiting": 1}, 10), bar({"done": 999, "failed": 1}, 10)
    ('██████▓▓▓·', '█████████x')
    """
    counts = {name: phases.get(name, 0) for name in MARKS if phases.get(name, 0)}
    total = sum(counts.values())
    if not total:
        return " " * width
    cells = {name: max(round(width * count / total), 1) for name, count in counts.items()}
    while sum(cells.values()) != width:
        widest = max(cells, key=lambda name: cells[name])
        cells[widest] += 1 if sum(cells.values()) < width else -1
    return "".join(MARKS[name] * count for name, count in cells.items())


def _told(stage: Stage) -> str:
    parts = [f"{stage.phases.get('done', 0)} of {stage.size} have it"]
    parts += [f"{count} {_SAID[name]}" for name, count in stage.phases.items() if name in _SAID and name != "done"]
    return ", ".join(parts)


def _next(seen: Overview) -> str:
    """Return what the next stage waits for."""
    stage = seen.stages[seen.stage - 1]
    lacks = stage.needs - stage.phases.get("done", 0)
    if lacks <= 0 or seen.stage == len(seen.stages):
        return ""
    return f"{counted(lacks).replace(' ', ' more ')} of this stage must have it"


def _nodes(troubles: Sequence[Trouble]) -> Iterator[str]:
    if not troubles:
        return
    yield ""
    width = max(len(each.node) for each in troubles[:MOST_NODES])
    for each in troubles[:MOST_NODES]:
        said = printable(each.reason or each.progress)
        yield f"  {MARKS[each.phase]} {each.node:<{width}}  {each.phase:<9}  {said}".rstrip()
    if len(troubles) > MOST_NODES:
        yield f"    and {len(troubles) - MOST_NODES} more; --json names all"
