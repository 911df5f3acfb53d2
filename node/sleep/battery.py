"""How full the battery is, and how far that may be off (pure).

Three witnesses, each wrong in its own way: a gauge, which may be absent or break; counted joules, whose errors add up;
and the voltage at rest, which drifts with nothing and says little on the flat of the curve. The counted charge is
corrected by the voltage in proportion to what each is worth: a Kalman filter of one number (Plett 2004, "Extended
Kalman filtering for battery management systems", J. Power Sources 134, with the resistance held constant).

What nobody can say is not guessed at: a battery that is unknown counts as empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, isfinite
from typing import Final, Literal

from node.sleep.discharge import LITHIUM_COBALT, Curve

Witness = Literal["gauge", "count", "voltage", "none"]

FULLEST: Final = 1.2
"""A gauge may say a little over full (MAX17048: 1/256 % up to 120 %); what says more is a bus that floats."""
GAUGE_ERROR: Final = 0.03
COUNT_ERROR: Final = 0.05
"""Share by which a counted energy may be off: the board's model, or a shunt and its converter's loss."""
VOLTAGE_ERROR_MV: Final = 15.0
"""The converter's error, and what the cell has not yet recovered after an hour's rest."""
LOWEST_MV: Final = 2000.0
HIGHEST_MV: Final = 4500.0
"""No single lithium cell lives outside of these; a loose wire does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What is fitted.

    Attributes:
        capacity_mwh: what it holds when full; cells in series are seen as one, by their mean voltage.
        curve: its chemistry's.
    """

    capacity_mwh: float
    curve: Curve = LITHIUM_COBALT

    def __post_init__(self) -> None:
        if not self.capacity_mwh > 0.0:
            raise ValueError(f"capacity_mwh is {self.capacity_mwh!r}; a battery holds more than nothing")

    @property
    def capacity_mj(self) -> float:
        """What it holds when full, in mJ."""
        return self.capacity_mwh * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A state of charge.

    Attributes:
        share: 0 empty to 1 full.
        error: how far it may be off, a standard deviation; 1 for unknown.
        witness: who says so.
        reason: for a person, what the last witness said or why it was not believed.
    """

    share: float
    error: float
    witness: Witness
    reason: str

    @property
    def sure(self) -> float:
        """What is there even if the estimate is off, 0 to 1: what decisions go by."""
        return max(self.share - self.error, 0.0)


UNKNOWN: Final = Charge(share=0.0, error=1.0, witness="none", reason="no gauge, no count, no voltage: taken as empty")


def doubt(share: float | None) -> str:
    """Say why a gauge is not believed; empty where it is."""
    if share is None:
        return "the gauge does not answer"
    return "" if 0.0 <= share <= FULLEST else f"the gauge said {share:g}: not believed"


def gauged(before: Charge, share: float | None) -> Charge:
    """Ask the gauge.

    Args:
        before: what was known.
        share: what it said, 0 to 1; None where it did not answer.

    Returns:
        The gauge's word; where it is none, what was known, with the reason.

    >>> gauged(UNKNOWN, 0.5).share
    0.5
    >>> gauged(UNKNOWN, float("nan")).reason
    'the gauge said nan: not believed'
    """
    if share is None or doubt(share):
        return _doubted(before, doubt(share))
    return Charge(share=min(share, 1.0), error=GAUGE_ERROR, witness="gauge", reason=f"the gauge says {share:.0%}")


def counted(before: Charge, cell: Cell, energy_mj: float, error_mj: float = 0.0) -> Charge:
    """Count joules as coulombs: the same energy moves more charge at a lower voltage.

    Args:
        before: what was known; counting from the unknown gives the unknown.
        cell: what is fitted.
        energy_mj: into the battery less out of it.
        error_mj: how far that may be off, beyond what every count is.
    """
    if before.witness == "none" or not (isfinite(energy_mj) and isfinite(error_mj)):
        return _doubted(before, "nothing to count from" if before.witness == "none" else "the count is no number")
    moved = energy_mj / cell.capacity_mj * cell.curve.mean_mv / cell.curve.at(before.share)
    off = abs(moved) * COUNT_ERROR + error_mj / cell.capacity_mj
    share = min(max(before.share + moved, 0.0), 1.0)
    return Charge(share=share, error=min(before.error + off, 1.0), witness="count", reason=f"counted to {share:.0%}")


def rested(before: Charge, cell: Cell, voltage_mv: float, draw_mw: float = 0.0) -> Charge:
    """Correct by the voltage: a little on the flat of the curve, much where it is steep.

    Args:
        before: what was known.
        cell: what is fitted.
        voltage_mv: of one cell, after an hour or so without charging.
        draw_mw: what was drawn while it was read; negative while charging.
    """
    if not (isfinite(voltage_mv) and LOWEST_MV <= voltage_mv <= HIGHEST_MV):
        return _doubted(before, f"the voltage is {voltage_mv:g} mV: not believed")
    rest_mv = voltage_mv + cell.curve.sag_mv * draw_mw / cell.capacity_mwh
    seen = cell.curve.share(rest_mv)
    error = min(VOLTAGE_ERROR_MV / cell.curve.slope_mv(seen), 1.0)
    said = f"{rest_mv:.0f} mV at rest says {seen:.0%}"
    if before.witness == "none":
        return Charge(share=seen, error=error, witness="voltage", reason=said)
    weight = before.error**2 / max(before.error**2 + error**2, 1e-12)
    share = before.share + weight * (seen - before.share)
    return Charge(share=share, error=before.error * error / hypot(before.error, error), witness="voltage", reason=said)


def _doubted(before: Charge, reason: str) -> Charge:
    return Charge(share=before.share, error=before.error, witness=before.witness, reason=reason)
