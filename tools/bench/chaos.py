"""Chaos: nodes, gateway and broker as real processes, killed, frozen, robbed and cut off; then what is missing.

    python -m tools.bench chaos [--json] [--seeds N] [--first SEED] [--seconds S] [--nodes N] [--folder DIR]

Each seed is a site of its own: a mosquitto set up by `torpor-gateway init`, a gateway, and nodes that make about twenty
records a second each, whenever they are not waiting for somebody who is away. For a minute it suffers what
`tools.chaos.faults` draws from the seed; then the nodes are killed once more, come back with a gate that never opens,
and the clock runs until every outbox is empty. What was committed stands in a journal of each node's own.

Two of the nodes are the control: under the same faults, at the same broker, they believe its PUBACKs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from tools.chaos import faults
from tools.chaos.run import DRAIN_S, Row, cast_of, suffer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tools.chaos.faults import Fault
    from tools.chaos.run import Cast

FORGETFUL: Final = 2
"""Nodes of the control: enough to tell, few enough to leave the machine to the others."""
HEADS: Final = {"resent": "received again", "control_committed": "control", "control_lost": "control lost"}


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Let a site live through one schedule of faults after another.

    Args:
        argv: `--seeds`, `--first`, `--seconds`, `--nodes`, `--folder`.

    Returns:
        `lost` and `duplicates` of all seeds, `drain_s` the worst, `control_lost` the least, `faults` by kind, a row
        per seed, and sums of the other columns.
    """
    options = _parser().parse_args(argv)
    cast = cast_of(options.nodes, FORGETFUL)
    seeds = range(options.first, options.first + options.seeds)
    schedules = {seed: faults.drawn(seed, options.seconds, cast.all) for seed in seeds}
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="torpor-chaos-")))
        rows = [_suffered(folder / f"seed-{seed}", seed, schedule, cast) for seed, schedule in schedules.items()]
    return {
        **summary(rows),
        "nodes": options.nodes,
        "seconds": options.seconds,
        "faults": _counted(schedules.values()),
        "rows": [asdict(row) for row in rows],
    }


def _suffered(folder: Path, seed: int, schedule: Sequence[Fault], cast: Cast) -> Row:
    _tell(f"seed {seed}: {len(schedule)} faults")
    folder.mkdir(parents=True)
    return suffer(folder, seed, schedule, cast, _tell)


def summary(rows: Sequence[Row]) -> dict[str, object]:
    """Return what stands for all rows: sums, the worst drain, and the control that got away with the least."""
    sums = ("committed", "lost", "duplicates", "altered", "invented", "set_aside", "left")
    return {
        **{name: sum(getattr(row, name) for row in rows) for name in sums},
        "drain_s": max(row.drain_s for row in rows),
        "control_lost": min(row.control_lost for row in rows),
        "seeds": len(rows),
    }


def _counted(schedules: Iterable[Sequence[Fault]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for schedule in schedules:
        total.update(faults.counted(schedule))
    return dict(total)


def show(result: Mapping[str, object]) -> None:
    """Print a row per seed, and what was done."""
    print(f"{result['nodes']} nodes and {FORGETFUL} of the control, {result['seconds']:g} s of faults each\n")
    names = [field.name for field in fields(Row)]
    heads = [HEADS.get(name, name.replace("_", " ")) for name in names]
    print("  ".join(heads))
    for row in cast("list[dict[str, object]]", result["rows"]):
        print("  ".join(f"{row[name]!s:>{len(head)}}" for name, head in zip(names, heads, strict=True)))
    print(
        "\nfaults:", ", ".join(f"{count} x {kind}" for kind, count in cast("dict[str, int]", result["faults"]).items())
    )
    sound = not any(result[name] for name in ("lost", "duplicates", "altered", "invented", "set_aside", "left"))
    drained = cast("float", result["drain_s"]) <= DRAIN_S
    print(
        f"{'Nothing lost, nothing twice' if sound else 'NOT SOUND'}; drained {'within' if drained else 'NOT within'}",
        end="",
    )
    print(f" {DRAIN_S:g} s; the control lost {result['control_lost']} at the least.")


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="how many schedules of faults (default: 3)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default: 1)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of faults, each (default: 60)")
    parser.add_argument("--nodes", type=int, default=10, help="besides the control (default: 10)")
    parser.add_argument("--folder", type=Path, help="keep all files there (default: a temporary folder)")
    return parser
