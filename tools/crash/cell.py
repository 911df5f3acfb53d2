"""The power, cut at each point of an update, in a process whose mounts are its own.

    python -m tools.crash.cell PREMISES FIRST STEP COUNT SEED

A life works on an ext4 whose disk logs each write and flush, and each point among them. The disk is cut at a point;
what it had not flushed is there or not by the seed; the kernel recovers it, and the next life begins on it. The last
line of the output is the verdicts, as JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from tools.crash.kills import CYCLES
from tools.crash.nest import Job, built
from tools.crash.verdict import Verdict, judged
from tools.powercut import mounts
from tools.powercut.cell import recorded
from tools.powercut.cuts import KEEPS
from tools.powercut.disk import FILE
from tools.powercut.log import Cut, Mark, left, promised

if TYPE_CHECKING:
    from tools.crash.nest import Nest
    from tools.powercut.trial import Recording

POINT: Final = "point "


def main(premises: str, first: str, step: str, count: str, seed: str) -> None:
    """Record, cut, live on, and print the verdicts."""
    with tempfile.TemporaryDirectory(prefix="torpor-cell-") as name:
        folder = Path(name)
        mounts.memory(folder)
        recording = recorded(["tools.crash.worker", premises], folder)
        marks = [place for place, event in enumerate(recording.events) if _is_point(event)]
        chosen = range(int(first), len(marks), int(step))[: int(count)]
        with built() as nest:
            verdicts = [
                _cut(nest, Path(premises), folder, recording, _drawn(marks[number], f"{seed} {number}"))
                for number in chosen
            ]
        mounts.unmount(folder)
    print(json.dumps(verdicts))


def _is_point(event: object) -> bool:
    return isinstance(event, Mark) and event.words.startswith(POINT)


def _drawn(mark: int, seed: str) -> Cut:
    rng = Random(seed)
    return Cut(mark + 1, rng.choice(KEEPS), rng.getrandbits(32))


def _cut(nest: Nest, premises: Path, folder: Path, recording: Recording, cut: Cut) -> Verdict:
    before = promised(recording.events, cut)
    point = f"{sum(words.startswith(POINT) for words in before)}: {before[-1].removeprefix(POINT)} ({cut.keep.value})"
    report = folder / "report"
    report.write_bytes(b"")
    (folder / "image").write_bytes(left(recording.base, recording.events, cut)[FILE])
    try:
        with mounts.mounted(folder / "image", folder / "after"):
            state = str(folder / "after" / "state")
            code = nest.live(Job(premises=str(premises), state=state, report=str(report), cycles=CYCLES))
    except OSError as error:
        return Verdict(point, CYCLES, f"not to be recovered: {error}", 0)
    return judged(point, before, report.read_text().splitlines(), code=code, cycles=CYCLES)


if __name__ == "__main__":
    main(*sys.argv[1:])
