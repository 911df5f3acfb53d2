"""The discharge curve, against cells that were really discharged."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.sleep.discharge import LITHIUM_COBALT
from tests.imports import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = ROOT.parent / "shared" / "data" / "battery"


def discharge(rate_c: float) -> list[tuple[float, float]]:
    """Return (state of charge, mV) of a whole discharge at a rate, empty at its end."""
    path = DATA / f"{rate_c:g}C_discharge_U.txt"
    if not path.exists():
        pytest.skip(f"no measured discharge at {path}")
    rows = [tuple(map(float, line.split())) for line in path.read_text().splitlines()]
    return [(1.0 - time_s / rows[-1][0], volt * 1e3) for time_s, volt in rows]


def test_curve_of_lithium_cobalt_rises_everywhere() -> None:
    """A voltage stands for one state of charge."""
    assert all(lower < upper for lower, upper in pairwise(LITHIUM_COBALT.rest_mv))


@settings(deadline=None, max_examples=100)
@given(share=st.floats(0.0, 1.0))
def test_share_of_the_voltage_of_a_share_is_that_share(share: float) -> None:
    """The way there and the way back are inverse."""
    assert LITHIUM_COBALT.share(LITHIUM_COBALT.at(share)) == pytest.approx(share, abs=1e-9)


@settings(deadline=None, max_examples=100)
@given(share=st.floats(0.0, 1.0))
def test_slope_of_any_share_is_above_zero(share: float) -> None:
    """An error in the voltage can always be turned into one of the charge."""
    assert LITHIUM_COBALT.slope_mv(share) > 0.0


@pytest.mark.parametrize("rate_c", [0.5, 1.0])
def test_curve_less_its_sag_is_a_measured_discharge(rate_c: float) -> None:
    """From 95 % to 15 % the model is within 35 mV of what was measured; below, the sag grows as no constant does."""
    worst = max(
        abs(LITHIUM_COBALT.at(share) - rate_c * LITHIUM_COBALT.sag_mv - seen_mv)
        for share, seen_mv in discharge(rate_c)
        if 0.15 <= share <= 0.95
    )
    assert worst <= 35.0


@pytest.mark.parametrize("rate_c", [0.5, 1.0])
def test_share_by_a_straight_line_is_worse_than_by_the_curve(rate_c: float) -> None:
    """Negative control: what the curve tells within 7 points, empty-to-full in proportion misses by more than 15."""

    def worst(share_of: Callable[[float], float]) -> float:
        seen = [(share, mv + rate_c * LITHIUM_COBALT.sag_mv) for share, mv in discharge(rate_c) if 0.1 <= share <= 0.95]
        return max(abs(share_of(rest_mv) - share) for share, rest_mv in seen)

    lowest_mv, highest_mv = LITHIUM_COBALT.rest_mv[0], LITHIUM_COBALT.rest_mv[-1]
    assert worst(LITHIUM_COBALT.share) <= 0.07
    assert worst(lambda rest_mv: (rest_mv - lowest_mv) / (highest_mv - lowest_mv)) > 0.15
