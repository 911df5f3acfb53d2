"""Drift: whether a node is unsure more often than it used to be. Pure.

A model is unsure of a share of its windows that belongs to it and to its place. When that share rises, the world has
changed under it: a dirty lens, a worn bearing, a new season. What counts is what a node is unsure *of*, not what it
escalates: its budget cuts that off just when it would tell.

The usual share is learnt from a node's first windows, and then stands; a control chart follows the share of late by an
exponentially weighted mean, and alarms where that is further above the usual than chance takes it, the chance in what
was learnt included. It is over when the mean is half-way back.

Source: Roberts, Control Chart Tests Based on Geometric Moving Averages, Technometrics 1(3), 1959; limits as in
Montgomery, Introduction to Statistical Quality Control, section 9.2, with a proportion's variance; Wilson, Probable
Inference, Journal of the American Statistical Association 22, 1927.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

LEARN: Final = 300
"""Windows that the usual share is learnt from."""
WEIGHT: Final = 0.01
"""Of one window in the mean: it remembers about a hundred."""
DOUBT: Final = 3.0
"""Standard deviations by which the usual share may have been learnt too low."""
DEVIATIONS: Final = 4.0
"""Above that, which an alarm takes: chance alone gets there once in a hundred thousand windows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What is known of one node's share of unsure windows.

    Attributes:
        windows: that it judged, in all.
        unsure: that it was unsure of, while the usual share was learnt.
        mean: the share of late.
        alarmed: whether it is further from the usual than chance takes it.
    """

    windows: int = 0
    unsure: int = 0
    mean: float = 0.0
    alarmed: bool = False

    @property
    def usual(self) -> float | None:
        """The share that it learnt; None while it learns. Never quite nothing: none of 300 is not none of a million."""
        return (self.unsure + 0.5) / (LEARN + 1) if self.windows >= LEARN else None

    @property
    def limit(self) -> float | None:
        """The share of late from which on it alarms; None while it learns."""
        if self.usual is None:
            return None
        share = _highest(self.usual)
        return min(share + DEVIATIONS * math.sqrt(share * (1.0 - share) * WEIGHT / (2.0 - WEIGHT)), 1.0)

    def after(self, windows: int, unsure: int) -> Drift:
        """Return what is known after some more windows, which may have come in any order.

        Args:
            windows: judged since the last look.
            unsure: of these.
        """
        unsure = min(unsure, windows)
        learning = min(max(LEARN - self.windows, 0), windows)
        known = self
        if learning:
            share = unsure * learning // windows
            known = replace(self, windows=self.windows + learning, unsure=self.unsure + share)
            known = replace(known, mean=known.unsure / known.windows)
            windows, unsure = windows - learning, unsure - share
        return _followed(known, windows, unsure) if windows else known


def _highest(share: float) -> float:
    """Return the highest share that LEARN windows leave possible when they show this one: Wilson's upper bound."""
    doubt = DOUBT**2 / LEARN
    return (share + doubt / 2.0 + math.sqrt(doubt * (share * (1.0 - share) + doubt / 4.0))) / (1.0 + doubt)


def _followed(known: Drift, windows: int, unsure: int) -> Drift:
    """Move the mean of one that has learnt, and judge it."""
    faded = (1.0 - WEIGHT) ** windows
    mean = min(faded * known.mean + (1.0 - faded) * unsure / windows, 1.0)
    usual, limit = known.usual, known.limit
    assert usual is not None, "it has learnt"
    assert limit is not None, "as above"
    alarmed = mean > (usual + limit) / 2.0 if known.alarmed else mean >= limit
    return replace(known, windows=known.windows + windows, mean=mean, alarmed=alarmed)
