"""Fit: the temperature at which a classifier's probabilities are worth what they say (pure).

A network that was trained to the end is surer than it is right. Dividing its logits by one number, found on pictures
that it never saw, mends that without moving a label.

Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017: temperature scaling in section 4.2, the
expected calibration error in section 2, with its 15 bins of equal width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from node.infer.heads.classes import softmax

if TYPE_CHECKING:
    from collections.abc import Sequence

Logits = npt.NDArray[np.float32]
Truths = npt.NDArray[np.int64]

BINS: Final = 15
COLDEST: Final = 0.05
HOTTEST: Final = 20.0
_GOLDEN: Final = (math.sqrt(5.0) - 1.0) / 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How true a classifier's confidence is on some windows.

    Attributes:
        nll: mean negative log-likelihood of the true class, in nats.
        ece: expected calibration error, 0 to 1.
        accuracy: share of windows whose label is right.
    """

    nll: float
    ece: float
    accuracy: float


def temperature(logits: Logits, truths: Truths) -> float:
    """Return the temperature with the least negative log-likelihood, from COLDEST to HOTTEST.

    The likelihood has one valley along the logarithm of the temperature, so the golden section finds its bottom.

    Args:
        logits: (windows, classes).
        truths: (windows,), the index of each true class.
    """
    low, high = math.log(COLDEST), math.log(HOTTEST)
    while high - low > 1e-5:
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if _nll(logits, truths, math.exp(left)) <= _nll(logits, truths, math.exp(right)):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2.0)


def quality(logits: Logits, truths: Truths, at: float = 1.0) -> Quality:
    """Judge probabilities at a temperature; the arguments are those of `temperature`."""
    chances = softmax(logits / np.float32(at))
    right = chances.argmax(axis=1) == truths
    return Quality(
        nll=_nll(logits, truths, at), ece=calibration_error(chances.max(axis=1), right), accuracy=float(right.mean())
    )


def calibration_error(confidence: npt.NDArray[np.float32], right: npt.NDArray[np.bool_]) -> float:
    """Return the mean distance of confidence and accuracy over bins of confidence, weighed by their windows.

    >>> calibration_error(np.full(4, 0.75, np.float32), np.array([True, True, True, False]))
    0.0
    """
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    apart = [
        abs(float(confidence[bins == each].mean()) - float(right[bins == each].mean())) * float((bins == each).mean())
        for each in np.unique(bins)
    ]
    return sum(apart)


def halves(truths: Truths, seed: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the indices to fit by and those to judge by, half of each class in either, drawn from a seed."""
    order = np.random.default_rng(seed).permutation(len(truths))
    by_class = order[np.argsort(truths[order], kind="stable")]
    return np.sort(by_class[::2]), np.sort(by_class[1::2])


def thresholds(
    confidence: npt.NDArray[np.float32], right: npt.NDArray[np.bool_], shares: Sequence[float]
) -> list[tuple[float, float, float]]:
    """Return for each share the threshold that leaves so many windows unsure, and how right the sure ones are.

    Args:
        confidence: of each window.
        right: whether its label is.
        shares: of windows that may be below the threshold.

    Returns:
        (share, threshold, accuracy of the windows at or above it).
    """
    ordered = np.sort(confidence)
    found = []
    for share in shares:
        threshold = float(ordered[min(int(share * len(ordered)), len(ordered) - 1)])
        found.append((share, threshold, float(right[confidence >= threshold].mean())))
    return found


def _nll(logits: Logits, truths: Truths, at: float) -> float:
    scaled = (logits / np.float32(at)).astype(np.float64)
    scaled -= scaled.max(axis=1, keepdims=True)
    chosen = scaled[np.arange(len(truths)), truths]
    return float((np.log(np.exp(scaled).sum(axis=1)) - chosen).mean())
