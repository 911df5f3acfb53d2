"""Chaos: nodes, gateway and broker as real processes, killed, frozen, robbed and cut off; then what is missing.

    python -m tools.bench chaos [--json] [--seeds N] [--first SEED] [--seconds S] [--nodes N] [--messages N]

Each seed is a site of its own: a mosquitto set up by `torpor-gateway init`, a gateway, and nodes that make about twenty
records a second each, whenever they are not waiting for somebody who is away. For a minute it suffers what
`tools.chaos.faults` draws from the seed; then the nodes are killed once more, come back with a gate that never opens,
and the clock runs until every outbox is empty. What was committed stands in a journal of each node's own.

Two of the nodes are the control: under the same faults, at the same broker, they believe its PUBACKs.

Then the gateway alone dies again and again, among nodes that believe PUBACKs: the real one, and one that acknowledges
before its commit. And last an hour without a gateway, in seconds: see `tools.chaos.outage`.
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

from tools.chaos import faults, outage
from tools.chaos.broker import MOSQUITTO
from tools.chaos.outage import Outcome
from tools.chaos.run import DRAIN_S, HASTY, PATIENT, Plan, Row, cast_of, of_gateways, of_seed, suffer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tools.chaos.outage import Trial

FORGETFUL: Final = 2
"""Nodes of the control: enough to tell, few enough to leave the machine to the others."""
GATEWAY_S: Final = 15.0
FAULTS: Final = ("lost", "duplicates", "altered", "invented", "set_aside", "left")
HEADS: Final = {"resent": "received again", "control_committed": "control", "control_lost": "control lost"}


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Let a site live through one schedule of faults after another, then through an outage, and the controls.

    Args:
        argv: `--seeds`, `--first`, `--seconds`, `--nodes`, `--messages`, `--folder`.

    Returns:
        `lost` and `duplicates` of all seeds and of the outage; `drain_s`, the worst; `control_lost`, the least of the
        seeds; `faults` by kind; a row per seed; `hasty_lost` and `patient_lost` of the two gateways; the `outage`'s
        trials, with `outage_lost` and `outage_control_lost`; and sums of the rows' other columns.
    """
    options = _parser().parse_args(argv)
    if MOSQUITTO is None:
        raise SystemExit("mosquitto is not installed; run: sudo apt-get install mosquitto")
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="torpor-chaos-")))
        cast = cast_of(options.nodes, FORGETFUL)
        plans = [of_seed(seed, options.seconds, cast) for seed in range(options.first, options.first + options.seeds)]
        rows = [_suffered(plan, folder / f"seed-{plan.seed}") for plan in plans]
        gateways = [_suffered(plan, folder / name) for name, plan in _gateways(options.first).items()]
        outcomes = [_endured(trial, folder, options.messages) for trial in outage.TRIALS]
    return {
        **summary(rows, outcomes),
        "patient_lost": gateways[0].control_lost,
        "hasty_lost": gateways[1].control_lost,
        "nodes": options.nodes,
        "seconds": options.seconds,
        "faults": counted(plans),
        "rows": [asdict(row) for row in rows],
        "outage": [asdict(outcome) for outcome in outcomes],
    }


def _gateways(seed: int) -> dict[str, Plan]:
    """Return the same deaths for a gateway that acknowledges after its commit, and one that does before."""
    cast = cast_of(1, FORGETFUL)
    return {
        name: of_gateways(seed, GATEWAY_S, cast, habits) for name, habits in (("patient", PATIENT), ("hasty", HASTY))
    }


def _suffered(plan: Plan, folder: Path) -> Row:
    _tell(f"{folder.name}: {len(plan.faults)} faults")
    folder.mkdir(parents=True)
    return suffer(plan, folder, _tell)


def _endured(trial: Trial, folder: Path, messages: int) -> Outcome:
    home = folder / f"outage-{outage.TRIALS.index(trial)}"
    home.mkdir()
    return outage.endure(home, trial, messages, _tell)


def summary(rows: Sequence[Row], outcomes: Sequence[Outcome]) -> dict[str, object]:
    """Return what stands for everything: sums, the worst drain, and the control that got away with the least."""
    first, *_, last = outcomes
    sums = {name: sum(getattr(row, name) for row in rows) for name in ("committed", *FAULTS)}
    sums["lost"] += first.lost
    sums["duplicates"] += first.duplicates
    sums["altered"] += first.altered
    return {
        **sums,
        "drain_s": max(row.drain_s for row in rows),
        "control_lost": min(row.control_lost for row in rows),
        "outage_lost": first.lost,
        "outage_control_lost": last.lost,
        "seeds": len(rows),
    }


def counted(plans: Iterable[Plan]) -> dict[str, int]:
    """Return how often each kind of fault happens in all plans together."""
    total: Counter[str] = Counter()
    for plan in plans:
        total.update(faults.counted(plan.faults))
    return dict(total)


def show(result: Mapping[str, object]) -> None:
    """Print a row per seed, what was done, and the controls."""
    print(f"{result['nodes']} nodes and {FORGETFUL} of the control, {result['seconds']:g} s of faults each\n")
    _table([field.name for field in fields(Row)], cast("list[dict[str, object]]", result["rows"]))
    kinds = cast("dict[str, int]", result["faults"])
    print("\nWhat was done to them:\n")
    print("\n".join(f"{count:>4}  {kind}" for kind, count in kinds.items()))
    print("\nThe gateway away, its messages at the broker:\n")
    _table([field.name for field in fields(Outcome)], cast("list[dict[str, object]]", result["outage"]))
    print(f"\nThe gateway alone killed, nodes that believe PUBACKs: lost {result['patient_lost']};", end=" ")
    print(f"with one that acknowledges before its commit: {result['hasty_lost']}")
    print(f"\n{verdict(result)}")


def _table(names: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
    """Print columns as wide as what stands in them."""
    lines = [[HEADS.get(name, name.replace("_", " ")) for name in names]]
    lines += [[str(row[name]) for name in names] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True)))


def verdict(result: Mapping[str, object]) -> str:
    """Say in words how it went."""
    found = {name: result[name] for name in FAULTS if result[name]}
    drain_s = cast("float", result["drain_s"])
    kept = "Nothing lost, nothing twice" if not found else f"NOT KEPT: {found}"
    drained = f"every outbox empty after {drain_s:g} s" + ("" if drain_s <= DRAIN_S else f", MORE THAN {DRAIN_S:g} s")
    names = ("control_lost", "hasty_lost", "outage_control_lost")
    harmless = [name for name in names if not result[name]]
    controls = f"; PROVES LITTLE, a control lost nothing: {harmless}" if harmless else "; every control lost records"
    return f"{kept}; {drained}{controls}."


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=_count, default=3, help="how many schedules of faults (default: 3)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default: 1)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of faults, each (default: 60)")
    parser.add_argument("--nodes", type=_count, default=10, help="besides the control (default: 10)")
    parser.add_argument("--messages", type=_count, default=outage.MESSAGES, help="in the outage (default: 36000)")
    parser.add_argument("--folder", type=_new_folder, help="a new one, to keep all files in (default: a temporary one)")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def _new_folder(text: str) -> Path:
    path = Path(text)
    if path.exists():
        raise argparse.ArgumentTypeError(f"{text} is there already; name one that is not")
    return path
