"""Angle: where a pointer points, from a sine and a cosine."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from node.errors import ModelError
from node.infer.heads import Answer
from node.options import option

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What a full turn is worth."""

    name: str = option("the column that holds the angle", default="angle_deg", pattern=r"[a-z0-9_]{1,32}")
    turn: float = option("units of a full turn: 360 for degrees, 10 for a meter's dial", default=360.0, above=0)
    zero_deg: float = option("the model's angle at which the dial shows zero, in degrees", default=0.0)


class Angle:
    """Answers one column, from 0 up to a full turn, and how long the vector was as `confidence`.

    Two numbers, because one number for an angle has a cliff where 359.9 meets 0. A model that is sure answers a point
    on the unit circle; one that wavers between two angles answers a point inside it. A vector longer than 1 is as
    surely wrong by its excess.
    """

    def __init__(self, params: Params) -> None:
        """Take the options.

        Args:
            params: the scale of the dial.
        """
        self._params = params

    def judge(self, output: npt.NDArray[np.float32], shown: npt.NDArray[np.float32]) -> Sequence[Answer]:  # noqa: ARG002 - the angle stands in the output alone
        """Turn each window's (sine, cosine) into an angle."""
        if output.shape[1] != 2:
            raise ModelError(f"angle: the model answers {output.shape[1]} numbers, not a sine and a cosine")
        return [self._answer(sine, cosine) for sine, cosine in output.tolist()]

    def _answer(self, sine: float, cosine: float) -> Answer:
        turned = (math.degrees(math.atan2(sine, cosine)) - self._params.zero_deg) % 360.0 / 360.0
        turned = round(turned, 7) % 1.0  # a float32 knows no more; and -1e-17 % 360 is 360 itself
        length = math.hypot(sine, cosine)
        confidence = max(0.0, 1.0 - abs(1.0 - length))
        value = turned * self._params.turn
        return Answer(values={self._params.name: value, "confidence": round(confidence, 4)}, confidence=confidence)
