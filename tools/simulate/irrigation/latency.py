"""How long one picture takes a model on a Zero 2 W, which is not here: arithmetic for one, a ratio for the other.

The float model's time is its multiplications over what XNNPACK reached on the same cores; the other's is that, divided
by how much faster it is in this run, through the runtime that nodes use. A processor of 1 GHz that computes four floats
at once would favour the smaller model by more than the machine here, so the ratio errs on the careful side.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from node.infer.runtime import open_model
from tools.simulate.assumed import Assumption
from tools.simulate.irrigation.settings import ZOO
from tools.train.digits import WIDTHS

STANDARD: Final = "digits_standard_float"
SEPARABLE: Final = "digits_int8"

MOBILENET_MACS: Final = 569e6
"""Of MobileNet v1, 1.0 at 224: A. Howard et al., arXiv:1704.04861, table 4."""
CORES: Final = 4
PUBLISHED_S: Final = {"float32": 0.114, "int8": 0.046}
"""MobileNet v1 on a Pi 3B+, all four cores: XNNPACK's README, 2022-02-08. The cores are the Zero 2 W's, Cortex-A53."""
CLOCK_RATIO: Final = 1.0 / 1.4
"""A Zero 2 W runs at 1.0 GHz, a 3B+ at 1.4."""
ROUNDS: Final = 40
INVOKES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Of one picture, in milliseconds on the board and in microseconds here.

    Attributes:
        before_ms: standard convolutions in float32.
        after_ms: depthwise-separable ones in int8.
        here_us: by model, as measured in this run.
        ratio: the one over the other, in this run.
    """

    before_ms: float
    after_ms: float
    here_us: Mapping[str, float]
    ratio: float

    @property
    def invoke_s(self) -> dict[str, float]:
        """By model, in seconds on the board."""
        return {STANDARD: self.before_ms / 1e3, SEPARABLE: self.after_ms / 1e3}


def measured() -> Latency:
    """Measure both models here, and say what they would take there."""
    here_us = _here_us()
    ratio = here_us[STANDARD] / here_us[SEPARABLE]
    before_ms = board_ms(macs(separable=False), "float32")
    return Latency(before_ms=before_ms, after_ms=before_ms / ratio, here_us=here_us, ratio=ratio)


def macs(*, separable: bool) -> int:
    """Return the multiplications of the digits' network for one picture, in its convolutions.

    >>> macs(separable=False), macs(separable=True)
    (511488, 79488)
    """
    first, second, third = WIDTHS
    outer, inner, kernel = 8 * 8, 4 * 4, 3 * 3
    stem = outer * kernel * first
    if separable:
        return stem + sum(inner * (kernel * wide + wide * out) for wide, out in ((first, second), (second, third)))
    return stem + sum(inner * kernel * wide * out for wide, out in ((first, second), (second, third)))


def board_ms(count: float, kind: str) -> float:
    """Return how long one core of the board multiplies.

    Args:
        count: multiplications.
        kind: `float32` or `int8`.
    """
    return 1e3 * count / (MOBILENET_MACS / PUBLISHED_S[kind] / CORES * CLOCK_RATIO)


def assumptions(latency: Latency) -> list[Assumption]:
    """Return what was taken for granted."""
    here = ", ".join(f"{name} {us:.1f} us" for name, us in latency.here_us.items())
    by_macs = board_ms(macs(separable=False), "float32") / board_ms(macs(separable=True), "int8")
    return [
        Assumption(
            "one picture, standard convolutions in float32",
            f"{latency.before_ms:.3f} ms",
            "derived",
            f"{macs(separable=False)} multiplications, at MobileNet v1's pace on a Pi 3B+ (XNNPACK's README, "
            "2022-02-08: 114 ms on four cores), for one core of the same kind at 1.0 instead of 1.4 GHz",
        ),
        Assumption(
            "one picture, depthwise-separable in int8",
            f"{latency.after_ms:.3f} ms",
            "derived",
            f"the above over the ratio of both models' invocations in this run, {latency.ratio:.2f} ({here}); "
            f"by multiplications alone it would be {by_macs:.0f}",
        ),
    ]


def _here_us() -> dict[str, float]:
    """Return the best time of many short turns; the models take turns, so that a busy machine is busy for both."""
    runs = {name: open_model(ZOO / f"{name}.tflite", 1) for name in (STANDARD, SEPARABLE)}
    for run in runs.values():
        details = run.get_input_details()[0]
        run.set_tensor(details["index"], np.ones(details["shape"], dtype=details["dtype"]))
    best_us = dict.fromkeys(runs, math.inf)
    for _ in range(ROUNDS):
        for name, run in runs.items():
            began_s = time.perf_counter()
            for _ in range(INVOKES):
                run.invoke()
            best_us[name] = min(best_us[name], (time.perf_counter() - began_s) / INVOKES * 1e6)
    return best_us
