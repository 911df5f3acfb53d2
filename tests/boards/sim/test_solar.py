"""The panel that a laptop plays."""

from __future__ import annotations

import pytest

from boards.sim.solar import Panel


def test_power_at_standard_conditions_is_the_peak_less_the_losses() -> None:
    """1000 W/m2 and a cell at 25 degrees: the datasheet's figure, times what dirt and charger leave."""
    panel = Panel(peak_w=5.0)
    air_c = 25.0 - 1000.0 * panel.warmth_c_m2_w
    assert panel.power_mw(1000.0, air_c) == pytest.approx(5000.0 * panel.yielded)


def test_power_in_the_heat_is_less() -> None:
    """A hot panel gives less than a cold one under the same sun."""
    panel = Panel(peak_w=5.0)
    assert panel.power_mw(800.0, 40.0) < 0.85 * panel.power_mw(800.0, 0.0)


@pytest.mark.parametrize("irradiance_w_m2", [0.0, -7.7])
def test_power_at_night_is_none(irradiance_w_m2: float) -> None:
    """A pyranometer reads a little below zero at night; a panel gives nothing then."""
    assert Panel(peak_w=5.0).power_mw(irradiance_w_m2, 10.0) == 0.0
