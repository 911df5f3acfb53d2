"""The negative control of the transforms' laws: for each law a transform that is right but for one mistake."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from node.values import Features
from tests.conformance.laws import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """No options."""


class Right:
    """Doubles; keeps every law."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def apply(self, features: Features) -> Features:
        """Double."""
        return replace(features, data=features.data * np.float32(2))


class InPlace(Right):
    """Saves an allocation."""

    def apply(self, features: Features) -> Features:
        """Double what is not its own."""
        return replace(features, data=np.multiply(features.data, np.float32(2), out=features.data))


class Wide(Right):
    """Lets numpy choose the type."""

    def apply(self, features: Features) -> Features:
        """Double in float64, behind the type checker's back."""
        return replace(features, data=np.multiply(features.data, 2, dtype=np.float64))


class Flattening(Right):
    """Drops an axis."""

    def apply(self, features: Features) -> Features:
        """Double one channel."""
        return super().apply(replace(features, data=features.data[..., 0]))


class Eager(Right):
    """Answers before it was asked."""

    def apply(self, features: Features) -> Features:
        """Make one window up."""
        some = features.data if len(features.data) else np.zeros((1, *features.data.shape[1:]), np.float32)
        return super().apply(replace(features, data=some))


class Mixing(Right):
    """Takes a statistic over all windows."""

    def apply(self, features: Features) -> Features:
        """Double the difference from the batch."""
        done = super().apply(features).data
        return replace(features, data=done - done.mean(axis=0) if len(done) else done)


class Dithering(Right):
    """Adds something of its own."""

    turns = itertools.count()

    def apply(self, features: Features) -> Features:
        """Double, and add a little more each time."""
        return replace(features, data=features.data * 2 + np.float32(1e-3 * next(self.turns)))


class Anonymous(Right):
    """Loses the label."""

    def apply(self, features: Features) -> Features:
        """Double without the truth."""
        return Features(data=super().apply(features).data)


class Soothing(Right):
    """Repairs what is missing."""

    def apply(self, features: Features) -> Features:
        """Double, with zeros for NaN."""
        return super().apply(replace(features, data=np.nan_to_num(features.data)))


class Dividing(Right):
    """Divides by a deviation that may be nothing."""

    def apply(self, features: Features) -> Features:
        """Divide, even by zero."""
        with np.errstate(all="ignore"):
            return replace(features, data=features.data / features.data.std(axis=1, keepdims=True))


CLASSES: Final = (Right, InPlace, Wide, Flattening, Eager, Mixing, Dithering, Anonymous, Soothing, Dividing)
TABLE: Final = {each.__name__.lower(): f"{__name__}:{each.__name__}" for each in CLASSES}
RIGHT: Final = Part("right", TABLE["right"], TABLE)
MISTAKES: Final = {
    law: Part(name, TABLE[name], TABLE)
    for law, name in {
        "input_kept": "inplace",
        "float32": "wide",
        "shape": "flattening",
        "no_windows": "eager",
        "one_by_one": "mixing",
        "deterministic": "dithering",
        "truth": "anonymous",
        "nan_kept": "soothing",
        "flat": "dividing",
    }.items()
}
