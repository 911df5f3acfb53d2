"""Engines that each break one law, and one that breaks none; the laws' negative controls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from node.options import option
from node.values import Inference
from tests.conformance.laws import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.values import Features, Sample, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Which mistake."""

    mistake: str = option("the law to break, or none", default="")


@dataclass(slots=True)
class Means:
    """Answers each window's mean; right but for its mistake."""

    params: Params
    asked: int = field(default=0)
    closed: int = field(default=0)

    def infer(self, sample: Sample, features: Features | None) -> Sequence[Inference]:
        """Return the mean of each window."""
        mistake = self.params.mistake
        if features is None:
            from node.errors import ModelError

            raise ModelError("nothing to do" if mistake == "without_features" else "means need features")
        self.asked += 1
        if mistake == "features_kept":
            features.data[...] = 0
        count = max(1, len(features.data)) if mistake == "one_a_window" else len(features.data)
        return [self._answer(sample, features, i) for i in range(count)]

    def _answer(self, sample: Sample, features: Features, i: int) -> Inference:
        mistake = self.params.mistake
        values: dict[str, Value] = {"mean": float(features.data[i].mean()) if len(features.data) else 0.0}
        if mistake == "values":
            values["mean"] = np.float64(values["mean"])
        if mistake == "deterministic":
            values["asked"] = self.asked
        if mistake == "close":
            values["closed"] = self.closed
        if mistake == "missing_reading":
            values["t"] = 0.0 if sample.values["t"] != sample.values["t"] else 1.0
        return Inference(values=values)

    def close(self) -> None:
        """Count."""
        self.closed += 1


TABLE: Final = {"broken_engines": "tests.conformance.broken_engines:Means"}


def broken(mistake: str) -> Part:
    """Return the engine with one mistake; none for an empty word."""
    return Part("broken_engines", TABLE["broken_engines"], TABLE, {"mistake": mistake})
