"""Solar: a panel that lies flat under a recorded or made-up sky.

The model is PVWatts' (Dobos 2014, NREL/TP-6A20-62641): peak power times irradiance, less what heat takes, times one
figure for dirt, mismatch and the charger. Tilt is left out: a flat panel gets what a pyranometer measures, and less in
winter than one that is tilted to the sun, so this errs on the dark side.
"""

from __future__ import annotations

from dataclasses import dataclass

STANDARD_W_M2 = 1000.0
STANDARD_C = 25.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A panel with its charger; an estimate where nothing else is said.

    Attributes:
        peak_w: at 1000 W/m2 and 25 degrees of the cell; the datasheet's.
        heat_share_k: share of the power that each kelvin above 25 takes; 0.0047 is PVWatts' standard module.
        warmth_c_m2_w: kelvin above the air for each W/m2; 0.031 is a nominal operating temperature of 45 degrees.
        yielded: what dirt, mismatch and charger leave; PVWatts' 0.86 times a small charger's 0.85.
    """

    peak_w: float
    heat_share_k: float = 0.0047
    warmth_c_m2_w: float = 0.031
    yielded: float = 0.73

    def power_mw(self, irradiance_w_m2: float, air_c: float) -> float:
        """Return what arrives behind the charger.

        >>> round(Panel(peak_w=1.0).power_mw(1000.0, -6.0))
        730
        """
        cell_c = air_c + self.warmth_c_m2_w * irradiance_w_m2
        heat = 1.0 - self.heat_share_k * (cell_c - STANDARD_C)
        return max(self.peak_w * 1e3 * irradiance_w_m2 / STANDARD_W_M2 * heat * self.yielded, 0.0)
