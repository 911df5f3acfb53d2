"""A cell's voltage at rest by its state of charge: the discharge curve (pure).

A voltage says how full a cell is only after the cell has rested, or with what its resistance takes under load added
back; and only where the curve is steep. In the flat middle of lithium cobalt oxide 20 mV are a twelfth of the charge.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final


@dataclass(frozen=True, slots=True)
class Curve:
    """A chemistry's curve.

    Attributes:
        chemistry: its name.
        rest_mv: voltages at rest, at states of charge evenly spaced from empty to full, rising.
        sag_mv: what the voltage drops by when the cell is discharged in one hour; in proportion at other rates.
        source: where the figures come from.
    """

    chemistry: str
    rest_mv: tuple[float, ...]
    sag_mv: float
    source: str

    def at(self, share: float) -> float:
        """Return the voltage at rest in mV; `share` is held within 0 and 1.

        >>> LITHIUM_COBALT.at(0.5)
        3802.0
        """
        steps = len(self.rest_mv) - 1
        place = min(max(share, 0.0), 1.0) * steps
        i = min(int(place), steps - 1)
        return self.rest_mv[i] + (place - i) * (self.rest_mv[i + 1] - self.rest_mv[i])

    def share(self, rest_mv: float) -> float:
        """Return the state of charge, 0 to 1, at which a cell rests at a voltage.

        >>> LITHIUM_COBALT.share(3802.0)
        0.5
        """
        steps = len(self.rest_mv) - 1
        i = min(max(bisect_right(self.rest_mv, rest_mv) - 1, 0), steps - 1)
        lower, upper = self.rest_mv[i], self.rest_mv[i + 1]
        return min(max((i + (rest_mv - lower) / (upper - lower)) / steps, 0.0), 1.0)

    def slope_mv(self, share: float) -> float:
        """Return how steep the curve is around a state of charge: mV for the whole of the charge, > 0."""
        width = 1.0 / (len(self.rest_mv) - 1)
        lower, upper = max(share - width, 0.0), min(share + width, 1.0)
        return (self.at(upper) - self.at(lower)) / (upper - lower)

    @property
    def mean_mv(self) -> float:
        """The voltage that turns the whole charge into the whole energy."""
        return _mean_mv(self.rest_mv)


@cache
def _mean_mv(rest_mv: tuple[float, ...]) -> float:
    return sum((lower + upper) / 2.0 for lower, upper in pairwise(rest_mv)) / (len(rest_mv) - 1)


LITHIUM_COBALT: Final = Curve(
    "lithium cobalt oxide against graphite",
    (
        3300, 3562, 3653, 3689, 3717, 3737, 3751, 3761, 3772, 3785, 3802,
        3823, 3847, 3876, 3907, 3942, 3980, 4024, 4073, 4122, 4181,
    ),
    150.0,
    "extrapolated to no current from discharges at 0.5 C and 1 C of an Enertech cell (Ai et al. 2020, "
    "doi:10.1149/2.0122001JES); the empty end is set by hand",
)  # fmt: skip
"""Every twentieth of the charge. The drop at 1 C is twice what lies between the two discharges."""


UNKNOWN_CHEMISTRY: Final = Curve(
    "other", (1.0, 1.0), 0.0, "none: a flat curve moves the same charge for the same energy"
)
"""For counting alone: no voltage is asked of it."""
