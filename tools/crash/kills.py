"""`kill -9` at each point of an update, and the next life; and one kill after another."""

from __future__ import annotations

import shutil
from random import Random
from typing import TYPE_CHECKING, Final

from tools.crash import premises
from tools.crash.nest import Job
from tools.crash.verdict import Verdict, judged, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tools.crash.nest import Nest

CYCLES: Final = 8
"""In which an update begins, ends and is used."""
STORM: Final = 6
"""Lives of a storm."""


def numbered(nest: Nest, folder: Path) -> list[str]:
    """Live undisturbed, and return the points of it.

    Raises:
        RuntimeError: the update does not even end where nothing disturbs it.
    """
    code, told = _lived(nest, folder, "whole")
    verdict = judged("nothing", [], told, code=code, cycles=CYCLES)
    if verdict.mute or verdict.unended:
        raise RuntimeError(f"undisturbed, {verdict.mute} windows have no answer; {verdict.unended or 'it ended'}")
    return words(told, "point")


def killed(nest: Nest, folder: Path, count: int, step: int) -> Iterator[Verdict]:
    """Kill a node at one point after the other.

    Args:
        nest: for its lives.
        folder: with the premises in it.
        count: how many points there are.
        step: 1 for each of them, n for each n-th.
    """
    for at in range(1, count + 1, step):
        state = folder / f"killed-{at}"
        code, before = _lived(nest, folder, state.name, die_at=at)
        point = words(before, "point")[-1]
        if code != -9:
            yield Verdict(point, 0, f"not killed at point {at}, but ended with {code}", 0)
            continue
        code, after = _lived(nest, folder, state.name)
        yield judged(f"{at}: {point}", before, after, code=code, cycles=CYCLES)
        shutil.rmtree(state)


def stormed(nest: Nest, folder: Path, points: int, seeds: Sequence[int]) -> Iterator[Verdict]:
    """Kill a node again and again, each life somewhere, and then leave it alone; an update may be given up by then.

    Args:
        nest: for its lives.
        folder: with the premises in it.
        points: how many there are; a life is killed in the first half of as many, so that most get on.
        seeds: one a storm.
    """
    for seed in seeds:
        rng, state, before = Random(seed), folder / f"stormed-{seed}", list[str]()
        deaths = [_lived(nest, folder, state.name, die_at=rng.randrange(1, points // 2)) for _ in range(STORM)]
        for _, told in deaths:
            before += told
        code, after = _lived(nest, folder, state.name)
        point = f"storm {seed}: {sum(code != 0 for code, _ in deaths)} kills"
        yield judged(point, before, after, code=code, cycles=CYCLES, may_fail=True)
        shutil.rmtree(state)


def prepared(folder: Path) -> None:
    """Make the premises, and offer a good model."""
    made, publisher = premises.made(folder / "premises")
    made.offer(premises.published(publisher, 2), 1)


def _lived(nest: Nest, folder: Path, name: str, die_at: int = 0) -> tuple[int, list[str]]:
    report = folder / "report"
    report.unlink(missing_ok=True)
    code = nest.live(
        Job(
            premises=str(folder / "premises"),
            state=str(folder / name),
            report=str(report),
            cycles=CYCLES,
            die_at=die_at,
        )
    )
    return code, report.read_text().splitlines()
