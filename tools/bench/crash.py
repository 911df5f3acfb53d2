"""An update, ended anywhere: by a kill and by a power cut at each of its steps, and by its own model.

    python -m tools.bench crash [--json] [--step N] [--seed S]

A whole node lives some cycles in virtual time, and in them fetches a model, tests it, has it answer beside the old
one, and commits it. The interpreter tells each thing that it is about to do to its files: those are the points. At each
of them it is killed (`kill -9`), and its disk is cut off from power. The next life must answer every window, must bring
the update to its good end, and may ask for one piece of a file again. In a storm one life after the other is killed,
each somewhere; then the update may also have been given up, with a reason.

Then models that raise, crash, loop, sleep or eat all memory, in the self-test, on probation, and after they have been
committed. A node with one of them is started again until a life comes to an orderly end, in which each window must have
the answer of a good model. The controls lose, between two lives, how often something was begun, and must brick: no life
of theirs ever comes to an end.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from tools.crash import bad, kills
from tools.crash.nest import built
from tools.crash.verdict import Verdict
from tools.powercut import blocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SHARD: Final = 30
"""Cuts of one cell, which has its own patience."""


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Kill, cut, and run bad models.

    Args:
        argv: `--step`, `--storms`, `--seed`.

    Returns:
        `points`; `kills`, `storms`, `cuts`; of all together `mute` windows without an answer and `unended` updates;
        `resent_pieces`, the most after one kill or cut; `bad_models`, `bad_wrong` and the most `lives` that one cost;
        `controls`, and how many `controls_bricked`; `no_cuts`, why there were none; what ended badly, and each model.
    """
    options = _parser().parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="torpor-crash-") as name, built() as nest:
        folder = Path(name)
        kills.prepared(folder)
        points = kills.numbered(nest, folder)
        killed = list(_told("killed at", len(points), kills.killed(nest, folder, len(points), options.step)))
        storms = list(_told("", len(points), kills.stormed(nest, folder, len(points), range(options.storms))))
        missing = blocks.missing()
        cut = [] if missing else list(_told("cut off at", len(points), _cuts(folder, len(points), options)))
        outcomes = []
        for outcome in bad.outcomes(nest, folder):
            print(f"{outcome.case}: {outcome.wrong or 'as it should be'}", file=sys.stderr, flush=True)
            outcomes.append(outcome)
    ends = killed + storms + cut
    models, controls = outcomes[: len(bad.CASES)], outcomes[len(bad.CASES) :]
    return {
        "points": len(points),
        "kills": len(killed),
        "storms": len(storms),
        "cuts": len(cut),
        "mute": sum(each.mute for each in ends),
        "unended": sum(bool(each.unended) for each in ends),
        "resent_pieces": max(each.resent for each in killed + cut),
        "bad_models": len(models),
        "bad_wrong": sum(bool(each.wrong) for each in models),
        "lives": max(each.lives for each in models),
        "controls": len(controls),
        "controls_bricked": sum(each.bricked for each in controls),
        "no_cuts": missing,
        "seed": options.seed,
        "ends": [each._asdict() for each in ends if _is_bad(each)],
        "models": [each._asdict() for each in outcomes],
    }


def _is_bad(end: Verdict) -> bool:
    return bool(end.mute or end.unended or (end.resent > 1 and not end.point.startswith("storm")))


def _cuts(folder: Path, points: int, options: argparse.Namespace) -> Iterator[Verdict]:
    step = options.step
    for first in range(0, points, SHARD * step):
        words = [str(each) for each in (first, step, SHARD, options.seed)]
        for each in json.loads(blocks.in_cell("tools.crash.cell", str(folder / "premises"), *words)):
            yield Verdict(*each)


def _told(what: str, points: int, verdicts: Iterator[Verdict]) -> Iterator[Verdict]:
    for each in verdicts:
        print(f"\r{what} {each.point[:60]:60} of {points}", end="", file=sys.stderr, flush=True)
        yield each
    print(file=sys.stderr)


def show(result: Mapping[str, object]) -> None:
    """Print what ended badly, what became of bad models, and what it comes to."""
    for each in cast("list[dict[str, object]]", result["ends"]):
        print(f"  {each['point']}: {each['mute']} windows mute; {each['unended'] or 'ended'}; {each['resent']} resent")
    print(f"{'a model that':44} {'lives':>5}  in the last one")
    for each in cast("list[dict[str, object]]", result["models"]):
        then = each["wrong"] or ("no life comes to an end" if each["bricked"] else f"{each['answers']} answers")
        print(f"{each['case']!s:44} {each['lives']:>5}  {then}")
    killed, cuts, storms, points = (result[name] for name in ("kills", "cuts", "storms", "points"))
    print(f"\n{killed} kills and {cuts} power cuts at {points} points of an update, {storms} storms of kills:")
    print(f"{result['mute']} windows without an answer, {result['unended']} updates that did not end well,", end=" ")
    print(f"{result['resent_pieces']} pieces asked for again at the most.")
    if result["no_cuts"]:
        print(f"No power cuts: {result['no_cuts']}.")
    print(f"{result['bad_models']} bad models: {result['bad_wrong']} left the node without a good one. ", end="")
    print(f"{result['controls_bricked']} of {result['controls']} controls bricked, as they must.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="crash", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--step", type=int, default=1, help="try each n-th point (default: 1, each)")
    parser.add_argument("--storms", type=int, default=10, help="of six kills each (default: 10)")
    parser.add_argument("--seed", type=int, default=1, help="of what a cut leaves (default: 1)")
    return parser
