"""How full the battery is: three witnesses, and none of them believed blindly."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.sleep.battery import UNKNOWN, Cell, Charge, counted, doubt, gauged, rested
from tests.node.sleep.test_discharge import discharge

CELL = Cell(capacity_mwh=5000.0)
HALF = Charge(share=0.5, error=0.05, witness="gauge", reason="test")


@pytest.mark.parametrize("said", [None, math.nan, math.inf, -math.inf, -0.01, 1.3, 255.0])
def test_gauged_broken_gauge_keeps_what_was_known_with_a_reason(said: float | None) -> None:
    """What is no state of charge changes nothing, and is told."""
    after = gauged(HALF, said)
    assert (after.share, after.error, after.witness) == (0.5, 0.05, "gauge")
    assert after.reason == doubt(said) != ""


def test_gauged_unknown_without_an_answer_counts_as_empty() -> None:
    """The safe side: nothing is there for sure."""
    assert gauged(UNKNOWN, None).sure == 0.0


def test_gauged_a_little_over_full_is_full() -> None:
    """A MAX17048 says up to 120 %."""
    assert gauged(UNKNOWN, 1.1).share == 1.0


def test_counted_whole_capacity_empties_the_cell() -> None:
    """Joule by joule from full to empty, the whole capacity is counted: charge and energy agree at the end."""
    charge = Charge(share=1.0, error=0.0, witness="gauge", reason="test")
    for _ in range(1000):
        charge = counted(charge, CELL, -CELL.capacity_mj / 1000)
    assert charge.share == pytest.approx(0.0, abs=0.01)
    assert charge.error == pytest.approx(0.05, rel=0.05)


def test_counted_from_the_unknown_stays_unknown() -> None:
    """A sum without a start is no state of charge."""
    assert counted(UNKNOWN, CELL, 1e6).sure == 0.0


@settings(deadline=None, max_examples=200)
@given(
    share=st.floats(0.0, 1.0),
    error=st.floats(0.0, 1.0),
    energy_mj=st.floats(allow_nan=True, allow_infinity=True),
    voltage_mv=st.floats(allow_nan=True, allow_infinity=True),
    draw_mw=st.floats(-1e4, 1e4),
)
def test_charge_stays_within_its_bounds_whatever_is_said(
    share: float, error: float, energy_mj: float, voltage_mv: float, draw_mw: float
) -> None:
    """NaN, infinity and nonsense leave a share of 0 to 1, with an error of 0 to 1."""
    charge = Charge(share=share, error=error, witness="count", reason="test")
    for after in (counted(charge, CELL, energy_mj), rested(charge, CELL, voltage_mv, draw_mw)):
        assert 0.0 <= after.share <= 1.0
        assert 0.0 <= after.error <= 1.0
        assert 0.0 <= after.sure <= after.share


def test_rested_steep_part_corrects_more_than_the_flat_part() -> None:
    """The same doubt is cleared up near full, and hardly at half."""
    drifted_high = rested(Charge(share=0.8, error=0.1, witness="count", reason="test"), CELL, CELL.curve.at(0.9))
    drifted_flat = rested(Charge(share=0.3, error=0.1, witness="count", reason="test"), CELL, CELL.curve.at(0.4))
    assert drifted_high.share - 0.8 > drifted_flat.share - 0.3 > 0.0
    assert drifted_high.error < drifted_flat.error < 0.1


@pytest.mark.parametrize("rate_c", [0.5, 1.0])
def test_rested_under_a_known_load_finds_a_measured_cell(rate_c: float) -> None:
    """With the sag added back, a real cell's charge is within 7 points from 95 % down to 10 %."""
    draw_mw = rate_c * CELL.capacity_mwh
    for share, seen_mv in discharge(rate_c)[::60]:
        if 0.1 <= share <= 0.95:
            assert rested(UNKNOWN, CELL, seen_mv, draw_mw).share == pytest.approx(share, abs=0.07)


def test_rested_mends_a_count_that_drifted() -> None:
    """A model that is 20 % off is 20 points off after a discharge; with a voltage now and then it stays within 7."""
    rows = discharge(0.5)
    counting = mended = Charge(share=1.0, error=0.02, witness="gauge", reason="test")
    worst = 0.0
    for share, seen_mv in rows[:: len(rows) // 50]:
        if share >= 0.1:
            energy_mj = -0.8 * CELL.capacity_mj / 50
            counting = counted(counting, CELL, energy_mj)
            mended = rested(counted(mended, CELL, energy_mj), CELL, seen_mv, 0.5 * CELL.capacity_mwh)
            worst = max(worst, abs(mended.share - share))
    assert counting.share - 0.1 > 0.15
    assert worst <= 0.07


def test_cell_without_capacity_is_refused() -> None:
    """A battery holds more than nothing; NaN is not more than nothing."""
    for capacity_mwh in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="capacity_mwh"):
            Cell(capacity_mwh=capacity_mwh)
