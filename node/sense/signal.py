"""Signal: a made-up scalar for demonstrations and tests; the options say what it is made of.

Its value is a function of time and seed alone: a node that reads twice as often sees the same world twice as finely,
and every run sees the same one. Time is the monotonic clock's since the first read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from node.options import option
from node.values import Channel, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.hal import Ports

WORD: Final = 2**64 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Options of `signal`: parts that are added up, each absent unless given."""

    channel: str = option("name of the channel", default="value", pattern=r"[a-z0-9_]{1,32}")
    unit: str = option("its unit, in UCUM", default="")
    offset: float = option("the constant part, in the unit", default=0.0)
    drift_per_s: float = option("slope in units a second", default=0.0)
    amplitude: float = option("height of the sine", default=0.0, least=0)
    period_s: float = option("period of the sine in seconds", default=60.0, above=0)
    noise: float = option("standard deviation of Gaussian noise, white down to a millisecond", default=0.0, least=0)
    step: float = option("height of steps up and down", default=0.0)
    step_every_s: float = option("seconds between steps", default=60.0, above=0)
    spike: float = option("height of the spikes", default=0.0)
    spike_every_s: float = option("seconds between spikes", default=300.0, above=0)
    spike_s: float = option("length of a spike in seconds", default=1.0, above=0)
    missing: float = option("share of milliseconds at which there is no reading", default=0.0, least=0, most=1)
    seed: int = option("which noise and which gaps", default=0, least=0)


class Signal:
    """A simulated sensor with one channel."""

    instant: Final = True

    def __init__(self, params: Params, ports: Ports) -> None:
        """Time starts at the first read."""
        self._params = params
        self._clock = ports.clock
        self._start_s: float | None = None
        self.channels: Sequence[Channel] = (Channel(name=params.channel, unit=params.unit),)

    def read(self) -> Reading:
        """Work out the value of this moment."""
        now_s = self._clock.monotonic_s()
        if self._start_s is None:
            self._start_s = now_s
        return Reading(values={self._params.channel: value_at(self._params, now_s - self._start_s)})

    def close(self) -> None:
        """Nothing to give back; time goes on."""


def value_at(params: Params, time_s: float) -> float:
    """Return the signal's value at a time; NaN where it is missing.

    >>> value_at(Params(offset=20.0, amplitude=5.0, period_s=40.0), 10.0)
    25.0
    """
    noise_seed = params.seed * 0x10001 + round(time_s * 1000)
    if params.missing and uniform(noise_seed ^ WORD) < params.missing:
        return math.nan
    value = params.offset + params.drift_per_s * time_s
    value += params.amplitude * math.sin(math.tau * time_s / params.period_s)
    if params.step and time_s // params.step_every_s % 2:
        value += params.step
    if params.spike and time_s >= params.spike_every_s and time_s % params.spike_every_s < params.spike_s:
        value += params.spike
    return value + params.noise * gaussian(noise_seed) if params.noise else value


def uniform(seed: int) -> float:
    """Return a number in [0, 1) that depends on the seed alone.

    `random` would do, and costs a node 5 ms of imports. Source: Steele, Lea and Flood, Fast splittable pseudorandom
    number generators, OOPSLA 2014 (SplitMix64).
    """
    mixed = (seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) & WORD
    mixed = ((mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9) & WORD
    mixed = ((mixed ^ mixed >> 27) * 0x94D049BB133111EB) & WORD
    return ((mixed ^ mixed >> 31) >> 11) / 2**53


def gaussian(seed: int) -> float:
    """Return a standard normal number that depends on the seed alone (Box and Muller, 1958)."""
    radius = math.sqrt(-2 * math.log(1 - uniform(2 * seed)))
    return radius * math.cos(math.tau * uniform(2 * seed + 1))
