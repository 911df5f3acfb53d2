"""The negative control of the gates' laws: for each law a gate that is right but for one mistake."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from node.values import Outcome, Sample, Verdict
from tests.conformance.laws import Part

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """No options."""


class Right:
    """Opens when `t` has moved by 1 since the last opening; keeps every law."""

    channels: tuple[str, ...] = ("t",)

    def __init__(self, params: Params) -> None:
        self.last: float | None = None

    def judge(self, sample: Sample) -> Verdict:
        """Compare with the last opening."""
        value = sample.values.get("t", 0.0)
        if self.last is not None and abs(value - self.last) < 1:
            return Verdict(Outcome.SHUT, "near")
        self.last = value
        return Verdict(Outcome.OPEN, "far", "t")

    def memory(self) -> dict[str, float]:
        """Return the last opening."""
        return {} if self.last is None else {"last": self.last}

    def recall(self, state: Mapping[str, float]) -> None:
        """Take it back."""
        self.last = state.get("last")


class Speechless(Right):
    """Opens without a reason."""

    def judge(self, sample: Sample) -> Verdict:
        """Leave the reason out."""
        return Verdict(super().judge(sample).outcome, "")


class Meddling(Right):
    """Tidies the sample up."""

    def judge(self, sample: Sample) -> Verdict:
        """Take the value out of the sample."""
        verdict = super().judge(sample)
        if isinstance(sample.values, dict):
            sample.values.pop("h", None)
        return verdict


class Careless(Right):
    """Says that it looks after its own gaps, as a combination does, and does not."""

    branches: tuple[Right, ...] = ()


class Forgetful(Right):
    """Loses its memory in a halt."""

    def memory(self) -> dict[str, float]:
        """Return nothing."""
        return {}


class Stubborn(Right):
    """Keeps its memory when it is to start afresh."""

    def recall(self, state: Mapping[str, float]) -> None:
        """Take back only what is there."""
        self.last = state.get("last", self.last)


class Sharing(Right):
    """Has one memory for all gates of its class."""

    turns = itertools.count()

    def judge(self, sample: Sample) -> Verdict:
        """Open when its turn comes."""
        return Verdict(Outcome.SHUT, "not my turn") if next(self.turns) % 7 else super().judge(sample)


class Nosy(Right):
    """Looks at a channel that it does not name."""

    def judge(self, sample: Sample) -> Verdict:
        """Open for a stranger."""
        return Verdict(Outcome.OPEN, "look!") if "stranger" in sample.values else super().judge(sample)


CLASSES: Final = (Right, Speechless, Meddling, Careless, Forgetful, Stubborn, Sharing, Nosy)
TABLE: Final = {each.__name__.lower(): f"{__name__}:{each.__name__}" for each in CLASSES}
RIGHT: Final = Part("right", TABLE["right"], TABLE)
MISTAKES: Final = {
    law: Part(name, TABLE[name], TABLE)
    for law, name in {
        "reason": "speechless",
        "sample_kept": "meddling",
        "nan_missing": "careless",
        "sentinels_missing": "careless",
        "missing_forgotten": "careless",
        "memory": "forgetful",
        "fresh": "stubborn",
        "deterministic": "sharing",
        "looks_at": "nosy",
    }.items()
}
