"""Gates as their tests make them, from what a configuration would hold, and the samples to show them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from node.gate import TABLE, build
from node.options import Reader
from node.values import Sample, TimeQuality

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from node.gate import Gate
    from node.gate.missing import Guarded


def gate(part: str, /, **options: object) -> Guarded:
    """Build a gate from its options, as an application does, for sensors without sentinels."""
    return guarded({}, part, **options)


def guarded(sentinels: Mapping[str, tuple[float, ...]], part: str, /, **options: object) -> Guarded:
    """Build a gate from its options, as an application does."""
    reader = Reader(Path())
    spec = reader.spec(TABLE, {"part": part, **options}, "gate")
    assert spec is not None, [str(problem) for problem in reader.problems]
    return build(spec, sentinels)


def problems(part: str, /, **options: object) -> str:
    """Return what a configuration's reader complains of."""
    reader = Reader(Path())
    reader.spec(TABLE, {"part": part, **options}, "gate")
    return "\n".join(str(problem) for problem in reader.problems)


def sample(time_s: float = 0.0, quality: TimeQuality = TimeQuality.SYNCED, /, **values: float) -> Sample:
    """Make a sample."""
    return Sample(time_ms=round(1000 * time_s), time_quality=quality, values=values)


def opened(judge: Gate, values: Iterable[float]) -> list[int]:
    """Show a gate one value of channel `t` a second; return at which of them it opened."""
    return [i for i, value in enumerate(values) if judge.judge(sample(i, t=value)).opens]
