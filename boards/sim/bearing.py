"""Bearing: an accelerometer on a pump that is healthy at first and then is not. Synthetic, see `boards.sim.vibration`.

A sensor that the sim board brings along: `part = "bearing"` in a configuration whose board is `sim`. What it gives at a
time depends on that time and the seed alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from node.options import option
from node.values import Block, Channel, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boards.sim.vibration import State
    from node.hal import Ports

CHANNELS: Final = (
    Channel(name="rms", unit="[g]"),
    Channel(name="peak", unit="[g]"),
    Channel(name="crest", unit="1"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Options of `bearing`."""

    fault: Literal["none", "outer", "inner"] = option("which race is going to spall", default="outer")
    fault_from_s: float = option("seconds after the first read at which it begins", default=60.0, least=0)
    grow_s: float = option("seconds in which it grows to its full severity; 0 for at once", default=0.0, least=0)
    severity: float = option("how severe: 1 is plain to see, 0.1 hardly there", default=1.0, least=0)
    shaft_hz: float = option("turns of the shaft a second", default=29.95, above=0)
    jitter: float = option("standard deviation of the speed, as a share of it", default=0.005, least=0, most=0.1)
    rate_hz: float = option("sampling rate in Hz; the resonance is at 2800", default=12800.0, least=6400)
    block_s: float = option("length of a block in seconds", default=0.16, above=0, most=60)
    block: str = option("name of the block", default="vibration", pattern=r"[a-z0-9_]{1,32}")
    seed: int = option("which noise, slip and speeds", default=0, least=0)


class Bearing:
    """The accelerometer; its axis is radial, its unit g."""

    instant: Final = True

    def __init__(self, params: Params, ports: Ports) -> None:
        """Time starts at the first read."""
        self._params = params
        self._clock = ports.clock
        self._start_s: float | None = None
        self.channels: Sequence[Channel] = CHANNELS

    def read(self) -> Reading:
        """Take the block that begins now."""
        now_s = self._clock.monotonic_s()
        if self._start_s is None:
            self._start_s = now_s
        return block_at(self._params, now_s - self._start_s)

    def close(self) -> None:
        """Nothing to give back; time goes on."""


def state_at(params: Params, time_s: float) -> tuple[State, float]:
    """Return which race is spalled at a time, and how severely.

    >>> state_at(Params(fault="outer", fault_from_s=60.0, grow_s=100.0, severity=0.8), 85.0)
    ('outer', 0.2)
    """
    if params.fault == "none" or time_s < params.fault_from_s:
        return "healthy", 0.0
    grown = min((time_s - params.fault_from_s) / params.grow_s, 1.0) if params.grow_s else 1.0
    return params.fault, params.severity * grown


def block_at(params: Params, time_s: float) -> Reading:
    """Return the block that begins at a time, with its summaries; `truth` is the state's name."""
    import numpy as np

    from boards.sim.vibration import Scene, vibration

    state, severity = state_at(params, time_s)
    rng = np.random.default_rng([params.seed, round(time_s * 1000)])
    scene = Scene(
        samples=round(params.block_s * params.rate_hz),
        rate_hz=params.rate_hz,
        shaft_hz=params.shaft_hz * (1 + params.jitter * rng.standard_normal()),
        state=state,
        severity=severity,
    )
    data = vibration(scene, rng)
    rms, peak = math.sqrt(float(np.square(data, dtype=np.float64).mean())), float(np.abs(data).max())
    return Reading(
        values={"rms": rms, "peak": peak, "crest": peak / rms},
        blocks={params.block: Block(data=data, rate_hz=params.rate_hz, truth=state)},
    )
