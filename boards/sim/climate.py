"""Climate: four channels of an orchard's weather station. Synthetic, see `boards.sim.weather`.

A sensor that the sim board brings along: `part = "climate"`. What it gives depends on the wall clock and the seed
alone, so that a node that was switched off finds the weather where it has got to.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from boards.sim.weather import Orchard
from node.options import option
from node.values import Channel, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.hal import Ports

CHANNELS: Final = (
    Channel(name="temperature", unit="Cel"),
    Channel(name="humidity", unit="%"),
    Channel(name="leaf_wetness", unit="%"),
    Channel(name="soil_moisture", unit="%"),
)
NOISE: Final = {"temperature": 0.01, "humidity": 0.05, "leaf_wetness": 0.3, "soil_moisture": 0.03}
"""Standard deviations, in the channels' units, of a digital air sensor and of two analogue ones; white down to 1 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Options of `climate`."""

    seed: int = option("which weather, which valves and which noise", default=0, least=0)


class Climate:
    """The station, with the resolution of its converters: two decimals."""

    instant: Final = True

    def __init__(self, params: Params, ports: Ports) -> None:
        """Look at the clock when it is read, not before."""
        self._params = params
        self._clock = ports.clock
        self._orchard = Orchard(params.seed)
        self.channels: Sequence[Channel] = CHANNELS

    def read(self) -> Reading:
        """Give the weather of this moment."""
        now_ms = self._clock.wall_ms()
        now_s, orchard = now_ms / 1000.0, self._orchard
        rng = Random(self._params.seed * 1_000_003 + now_ms // 1000)  # noqa: S311 - noise, not a secret
        true = {
            "temperature": orchard.air_c(now_s),
            "humidity": orchard.humidity(now_s),
            "leaf_wetness": orchard.wetness(now_s),
            "soil_moisture": orchard.soil(now_s),
        }
        shown = {name: rng.gauss(value, NOISE[name]) for name, value in true.items()}
        shown["humidity"] = min(shown["humidity"], 100.0)
        return Reading(values={name: round(value, 2) for name, value in shown.items()})

    def close(self) -> None:
        """Nothing to give back; time goes on."""
