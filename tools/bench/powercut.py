"""Power cuts: what a node keeps on its disk, cut off anywhere; then whether all that it had promised is there.

    python -m tools.bench powercut [--json] [--cuts N] [--seed S] [--tier blocks|portable|auto]

Each subject works on an ext4 of its own, whose disk logs every write, every flush and every promise. A cut takes the
log up to somewhere: what was flushed is there, what was not is there, is not, or is there in part, torn at sectors.
The kernel recovers what is left, the subject starts on it as a node would, and says what is missing or damaged.

Where there is no root or no FUSE, the portable tier cuts the same subjects: SQLite on a file system of ours, files by
what the process that writes them asks of the disk.

The controls have one flush too few, and must fail: WAL with synchronous=NORMAL, a file renamed without an fsync of its
folder, one without any fsync, a model that is copied into its slot, the files of python-tuf as it leaves them; and in
the portable tier each subject on a disk that hears no fsync of a file, or of a folder.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from tools.powercut import blocks, portable
from tools.powercut.controls import CONTROLS
from tools.powercut.subject import Row
from tools.powercut.subjects import SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

CONTROL_SHARE: Final = 0.25
"""Cuts of a control, of those of a subject: enough to fail."""


class Tier(NamedTuple):
    """A way to cut.

    Attributes:
        name: for people.
        subjects: that it can cut.
        controls: that it can cut.
        trial: cuts one of them: name, how often, seed.
    """

    name: str
    subjects: Collection[str]
    controls: Collection[str]
    trial: Callable[[str, int, int], Row]


BLOCKS: Final = Tier("blocks", SUBJECTS, CONTROLS, blocks.trial)
PORTABLE: Final = Tier("portable", portable.SUBJECTS, portable.CONTROLS, portable.trial)


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Cut the power of one subject after the other, then of the controls.

    Args:
        argv: `--cuts`, `--seed`, `--tier`.

    Returns:
        `cuts`, `lost` and `corrupt` of all subjects; `control_failures`, after how many of its cuts the control that
        came off best had lost or damaged something; `tier`, and a row per subject and control.
    """
    options = _parser().parse_args(argv)
    tier = _tier(options.tier)
    rows = [_cut(tier, name, options.cuts, options.seed) for name in tier.subjects]
    controls = [_cut(tier, name, max(8, round(options.cuts * CONTROL_SHARE)), options.seed) for name in tier.controls]
    return {
        "cuts": sum(row.cuts for row in rows),
        "lost": sum(row.lost for row in rows),
        "corrupt": sum(row.corrupt for row in rows),
        "control_failures": min(row.failures for row in controls),
        "tier": tier.name,
        "seed": options.seed,
        "rows": [row._asdict() for row in rows],
        "controls": [row._asdict() for row in controls],
    }


def _tier(asked: str) -> Tier:
    reasons = {"blocks": blocks.missing(), "portable": portable.missing()}
    for tier in (BLOCKS, PORTABLE):
        if asked in {tier.name, "auto"}:
            if not reasons[tier.name]:
                return tier
            _tell(f"no trial on {tier.name}: {reasons[tier.name]}")
    raise SystemExit("no way to cut the power here; see above for what is missing")


def _cut(tier: Tier, name: str, count: int, seed: int) -> Row:
    _tell(f"{name}: {count} cuts")
    return tier.trial(name, count, seed)


def show(result: Mapping[str, object]) -> None:
    """Print a row per subject and control, and what it comes to."""
    print(f"tier: {result['tier']}, seed {result['seed']}\n")
    names = [name for name in Row._fields if name != "example"]
    print("  ".join(f"{name:<26}" if name == "subject" else name for name in names))
    for title in ("rows", "controls"):
        for row in cast("list[dict[str, object]]", result[title]):
            figures = "  ".join(f"{row[name]!s:>{len(name)}}" for name in names[1:])
            print(f"{row['subject']:<26}  {figures}")
            if title == "rows" and row["example"]:
                print(f"    {row['example']}")
        print("the controls:" if title == "rows" else "")
    sound = not result["lost"] and not result["corrupt"]
    print(f"{'Nothing lost, nothing damaged' if sound else 'NOT SOUND'} in {result['cuts']} power cuts; ", end="")
    if result["control_failures"]:
        print(f"every control failed, after {result['control_failures']} of its cuts at the least.")
    else:
        print("a control did NOT fail, so this proves nothing.")


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="powercut", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--cuts", type=int, default=100, help="of each subject (default: 100)")
    parser.add_argument("--seed", type=int, default=1, help="where and how (default: 1)")
    parser.add_argument(
        "--tier", choices=("auto", "blocks", "portable"), default="auto", help="default: what can be had"
    )
    return parser
