"""Anomaly: how badly an autoencoder rebuilds what it was shown."""

from __future__ import annotations

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
    """From where on a window is not normal."""

    threshold: float = option("mean squared error from which on a window is an anomaly", above=0)


class Anomaly:
    """Answers `score`, the mean squared error between what was shown and what came back, and `label`.

    An autoencoder that was trained on healthy windows alone rebuilds those well and others badly. The score is in the
    features' own units squared, so a threshold belongs to one model. It knows no confidence: a distance is not a
    probability.

    Source: Koizumi et al., DCASE 2020 Task 2 baseline, section 3 (as in MLPerf Tiny's anomaly detection).
    """

    def __init__(self, params: Params) -> None:
        """Take the options.

        Args:
            params: the threshold.
        """
        self._threshold = params.threshold

    def judge(self, output: npt.NDArray[np.float32], shown: npt.NDArray[np.float32]) -> Sequence[Answer]:
        """Score each window."""
        if output.shape != shown.shape:
            raise ModelError(
                f"anomaly: the model answers {output.shape[1]} numbers for {shown.shape[1]}: no autoencoder"
            )
        missed = output - shown
        # One dot product a window: the quickest mean of squares that numpy has, up to a hundred windows.
        return [self._answer(float(row.dot(row)) / len(row)) for row in missed]

    def _answer(self, score: float) -> Answer:
        label = "anomaly" if score >= self._threshold else "normal"
        return Answer(values={"score": float(f"{score:.5g}"), "label": label})  # more digits are noise, and cost bytes
