"""Confidence: how sure a classifier is of a window, as one number from 0 to 1 (pure).

Three measures of the same probabilities. `max`, the winner's own, is what a calibration makes true: of windows with
0.9, nine in ten are right. `margin`, its lead over the second, falls fastest where two classes compete. `entropy` looks
at all classes: 1 where one has everything, 0 where all are alike. They order windows alike where there are two classes.

Source: Settles, Active Learning Literature Survey, University of Wisconsin-Madison 2009, section 3.1.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Measure = Literal["max", "margin", "entropy"]


def most(chances: Sequence[float]) -> float:
    """Return the winner's probability.

    >>> most([0.7, 0.2, 0.1])
    0.7
    """
    return _bounded(max(chances))


def margin(chances: Sequence[float]) -> float:
    """Return the winner's lead over the second; all of it where there is no second.

    >>> margin([0.75, 0.25, 0.0])
    0.5
    """
    first = max(chances)
    at = chances.index(first)
    return _bounded(first - max((each for i, each in enumerate(chances) if i != at), default=0.0))


def entropy(chances: Sequence[float]) -> float:
    """Return what is left of 1 when the share of the greatest possible entropy is taken off.

    >>> entropy([0.25, 0.25, 0.25, 0.25]), entropy([0.0, 1.0])
    (0.0, 1.0)
    """
    if len(chances) < 2:
        return 1.0
    nats = -sum(each * math.log(each) for each in chances if each > 0.0)
    return _bounded(1.0 - nats / math.log(len(chances)))


MEASURES: Final[Mapping[Measure, Callable[[Sequence[float]], float]]] = {
    "max": most,
    "margin": margin,
    "entropy": entropy,
}


def _bounded(value: float) -> float:
    return min(max(value, 0.0), 1.0)  # an int8 softmax adds up to 1 give or take some 1/256
