"""What is law for gates: the checks, and the least options of each part."""

from __future__ import annotations

import json
import math
import random
from typing import TYPE_CHECKING, Final, cast

from node.gate import TABLE, Gate
from node.gate.missing import Guarded
from node.values import Outcome, Sample, TimeQuality, Verdict
from tests.conformance import laws

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.conformance.laws import Part

BOTH: Final = [
    {"part": "send_on_delta", "channels": ["t"], "delta": 0.5, "max_silence_s": 30.0},
    {"part": "all_of", "gates": [{"part": "level", "channel": "h", "level": 40.0}, {"part": "always"}]},
]
GIVEN: Final[Mapping[str, Mapping[str, object]]] = {
    "all_of": {"gates": BOTH},
    "any_of": {"gates": BOTH},
    "level": {"channel": "t", "level": 20.0, "hysteresis": 0.5, "edge": "both"},
    "novelty": {"channels": ["t", "h"], "warmup": 5, "threshold": 2.0, "memory_samples": 20},
    "page_hinkley": {"channel": "t", "delta": 0.1, "threshold": 3.0, "warmup": 5},
    "schedule": {"period_s": 60.0, "hours": ["00:00-12:00"]},
    "send_on_delta": {"channels": ["t", "h"], "delta": 0.5, "relative": 0.02, "max_silence_s": 20.0},
    "zscore": {"channel": "t", "warmup": 5, "threshold": 2.0, "memory_samples": 20},
}
SENTINELS: Final = {"t": (85_000.0, -200.0), "h": (-1.0,)}
GATES: Final = laws.parts(TABLE, GIVEN)


def gate_of(part: Part) -> Guarded:
    """Construct one, guarded as `node.gate.build` does."""
    return Guarded(cast("Gate", part.build()), SENTINELS)


def sample(time_s: float, **values: float) -> Sample:
    """Make a sample of a node whose clock is right."""
    return Sample(time_ms=int(1000 * time_s), time_quality=TimeQuality.SYNCED, values=values)


def series(seed: int, count: int = 120) -> list[Sample]:
    """Make a wandering series with steps, spikes, gaps and sentinels in two channels."""
    rng = random.Random(seed)
    t, made = 20.0, []
    for i in range(count):
        t += rng.gauss(0, 0.2) + (5.0 if rng.random() < 0.02 else 0.0)
        broken = rng.choice([math.nan, 85_000.0, -200.0]) if rng.random() < 0.05 else t
        made.append(sample(1e9 + 7 * i, t=broken, h=40.0 + rng.gauss(0, 1)))
    return made


def judged(gate: Gate, samples: Sequence[Sample]) -> list[Verdict]:
    """Show a gate some samples."""
    return [gate.judge(each) for each in samples]


def check_reason(part: Part) -> None:
    """Every verdict has a reason for a person; a channel that decided is one that the gate looks at."""
    gate = gate_of(part)
    for verdict in judged(gate, series(1)):
        assert isinstance(verdict.outcome, Outcome)
        assert verdict.reason.strip()
        assert "\n" not in verdict.reason
        assert verdict.channel in {"", *gate.channels}


def check_sample_kept(part: Part) -> None:
    """The sample is not changed: the stages that follow must see what the sensors gave."""
    for each in series(2):
        before = repr(each)
        gate_of(part).judge(each)
        assert repr(each) == before


def check_nan_missing(part: Part) -> None:
    """With all that it looks at NaN, infinite or absent, a gate says MISSING; one on time alone does not care."""
    gate = gate_of(part)
    judged(gate, series(3))
    for broken in (math.nan, math.inf, -math.inf):
        _must_be_missing(gate, sample(2e9, **dict.fromkeys(gate.channels, broken)))
    _must_be_missing(gate, sample(2e9))


def check_sentinels_missing(part: Part) -> None:
    """With every sentinel of every channel that it looks at, a gate says MISSING and names the channel."""
    gate = gate_of(part)
    judged(gate, series(4))
    for i in range(2):
        broken = {name: SENTINELS[name][i % len(SENTINELS[name])] for name in gate.channels}
        _must_be_missing(gate, sample(2e9, **broken))


def _must_be_missing(gate: Gate, broken: Sample) -> None:
    verdict = gate.judge(broken)
    if gate.channels:
        assert verdict.outcome is Outcome.MISSING, verdict
        assert verdict.channel in gate.channels
    else:
        assert verdict.outcome is not Outcome.MISSING, verdict


def check_missing_forgotten(part: Part) -> None:
    """What is not a reading leaves no trace in a rule's memory."""
    gate, spared = gate_of(part), gate_of(part)
    whole = [each for each in series(5) if each.values["t"] < 1000 and not math.isnan(each.values["t"])]
    broken = sample(whole[-1].time_ms / 1000, **dict.fromkeys(gate.channels, math.nan))
    for each in whole:
        assert gate.judge(each) == spared.judge(each)
        if gate.channels:
            gate.judge(broken)
        assert gate.memory() == spared.memory()


def check_memory(part: Part) -> None:
    """Through JSON and back at any point of a series, a gate goes on as if it had never slept."""
    for cut in (0, 1, 4, 17, 60, 119):
        samples = series(6 + cut)
        awake, before = gate_of(part), gate_of(part)
        judged(awake, samples[:cut])
        judged(before, samples[:cut])
        written = json.dumps(before.memory(), allow_nan=False)
        woken = gate_of(part)
        woken.recall(json.loads(written))
        assert judged(woken, samples[cut:]) == judged(awake, samples[cut:])


def check_fresh(part: Part) -> None:
    """An empty memory, a stranger's, or half of one's own, is a fresh start, or at least not a crash."""
    for state in ({}, {"stranger": 1.0}):
        used, there, back = gate_of(part), series(7), series(7)[::-1]  # back from where the memory is freshest
        judged(used, there)
        used.recall(state)
        assert judged(used, back) == judged(gate_of(part), back)
    halved = gate_of(part)
    judged(halved, series(7))
    halved.recall(dict(list(halved.memory().items())[::2]))
    judged(halved, series(8))


def check_deterministic(part: Part) -> None:
    """The same series gives the same verdicts, as if each were asked alone."""
    assert judged(gate_of(part), series(9)) == judged(gate_of(part), series(9))


def check_looks_at(part: Part) -> None:
    """A channel that the gate does not name has no say."""
    gate, other = gate_of(part), gate_of(part)
    for i, each in enumerate(series(10)):
        named = {name: each.values[name] for name in gate.channels}
        assert gate.judge(each) == other.judge(sample(each.time_ms / 1000, **named, stranger=float(i)))


GATE_LAWS: Final[dict[str, Callable[[Part], None]]] = {
    "reason": check_reason,
    "sample_kept": check_sample_kept,
    "nan_missing": check_nan_missing,
    "sentinels_missing": check_sentinels_missing,
    "missing_forgotten": check_missing_forgotten,
    "memory": check_memory,
    "fresh": check_fresh,
    "deterministic": check_deterministic,
    "looks_at": check_looks_at,
}
