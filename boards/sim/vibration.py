"""The vibration of a pump's rolling bearing, healthy or with a spalled race: a physical model. It is synthetic.

A housing shakes once a turn (imbalance) and twice a turn (misalignment), over broadband noise. Where a race is spalled,
every passing roller strikes it; each strike rings the structure at its resonance, and dies away. An outer race stands
still in the load, so that its strikes are equal; an inner race turns through the load zone, so that its strikes come
and go with the shaft. Rollers slip by a per cent or two, which is what keeps real fault lines from being pure lines.

Source: R. B. Randall and J. Antoni, Rolling element bearing diagnostics: a tutorial, Mechanical Systems and Signal
Processing 25 (2011), equations 1 and 2 (fault frequencies), section 2 (slip, modulation); P. D. McFadden and J. D.
Smith, Model for the vibration produced by a single point defect in a rolling element bearing, Journal of Sound and
Vibration 96 (1984) (impulse train, load distribution after Stribeck, exponential decay).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

State = Literal["healthy", "outer", "inner"]

IMBALANCE_G: Final = 0.08
MISALIGNMENT_G: Final = 0.03
NOISE_G: Final = 0.05
"""Standard deviation of the broadband noise."""
STRIKE_G: Final = 1.2
"""Peak of one strike's ringing at severity 1."""
RESONANCE_HZ: Final = 2800.0
DAMPING: Final = 0.03
"""Ratio to critical; a strike is down to 1/e after 1.9 ms."""
SLIP: Final = 0.01
"""Standard deviation of the time between strikes, as a share of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """A rolling bearing's geometry; the default is a 6205 deep-groove ball bearing.

    Attributes:
        rollers: how many.
        roller_mm: their diameter.
        pitch_mm: diameter of the circle that their centres run on.
        contact_deg: contact angle.
    """

    rollers: int = 9
    roller_mm: float = 7.94
    pitch_mm: float = 39.04
    contact_deg: float = 0.0

    def bpfo_hz(self, shaft_hz: float) -> float:
        """Return the ball-pass frequency of the outer race: n/2 * f * (1 - d/D * cos(phi)).

        >>> round(Geometry().bpfo_hz(1.0), 3)
        3.585
        """
        return self.rollers / 2 * shaft_hz * (1 - self._ratio())

    def bpfi_hz(self, shaft_hz: float) -> float:
        """Return the ball-pass frequency of the inner race: n/2 * f * (1 + d/D * cos(phi)).

        >>> round(Geometry().bpfi_hz(1.0), 3)
        5.415
        """
        return self.rollers / 2 * shaft_hz * (1 + self._ratio())

    def _ratio(self) -> float:
        return self.roller_mm / self.pitch_mm * math.cos(math.radians(self.contact_deg))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What one block is of.

    Attributes:
        samples: how many.
        rate_hz: sampling rate; above 5.6 kHz, or the resonance is not in it.
        shaft_hz: turns a second, for this block.
        state: which race is spalled.
        severity: how deeply; 1 is plain to see, 0.1 hardly there.
        geometry: of the bearing.
    """

    samples: int
    rate_hz: float
    shaft_hz: float
    state: State = "healthy"
    severity: float = 1.0
    geometry: Geometry = Geometry()


def vibration(scene: Scene, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return one block of acceleration in g, float32 (samples, 1).

    Args:
        scene: what to make.
        rng: where chance comes from: phases, noise, slip.
    """
    time_s = np.arange(scene.samples) / scene.rate_hz
    phase = rng.uniform(0, math.tau)
    turn = math.tau * scene.shaft_hz * time_s + phase
    shaking = IMBALANCE_G * np.sin(turn) + MISALIGNMENT_G * np.sin(2 * turn + rng.uniform(0, math.tau))
    noise = rng.normal(0, NOISE_G, scene.samples)
    whole = shaking + noise + _ringing(scene, phase, rng)
    return whole.astype(np.float32)[:, np.newaxis]


def _ringing(scene: Scene, phase: float, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Add up the answers of the structure to every strike, those before the block that still ring included."""
    ringing = np.zeros(scene.samples)
    if scene.state == "healthy" or scene.severity <= 0:
        return ringing
    decay_hz = DAMPING * math.tau * RESONANCE_HZ
    lasts_s = 5 / decay_hz
    strikes_s = _strikes_s(scene, lasts_s, rng)
    heights = STRIKE_G * scene.severity * _load(scene, strikes_s, phase)
    first = np.ceil(strikes_s * scene.rate_hz).astype(np.int64)
    index = first[:, np.newaxis] + np.arange(math.ceil(lasts_s * scene.rate_hz))
    since_s = index / scene.rate_hz - strikes_s[:, np.newaxis]
    answers = heights[:, np.newaxis] * np.exp(-decay_hz * since_s) * np.sin(math.tau * RESONANCE_HZ * since_s)
    inside = (index >= 0) & (index < scene.samples)
    np.add.at(ringing, index[inside], answers[inside])
    return ringing


def _strikes_s(scene: Scene, before_s: float, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return when rollers strike; spacings are jittered one by one, so that slip adds up as a random walk."""
    geometry = scene.geometry
    pass_hz = geometry.bpfo_hz(scene.shaft_hz) if scene.state == "outer" else geometry.bpfi_hz(scene.shaft_hz)
    count = math.ceil((scene.samples / scene.rate_hz + before_s) * pass_hz * 1.1) + 2
    spacings_s = (1 + SLIP * rng.standard_normal(count)) / pass_hz
    return np.cumsum(spacings_s) - before_s - rng.uniform(0, 1) / pass_hz


def _load(scene: Scene, strikes_s: npt.NDArray[np.float64], phase: float) -> npt.NDArray[np.float64]:
    """Return the load on the spall at each strike: Stribeck's (1 - (1 - cos a) / 2e)^1.5 with e = 0.5, zero outside."""
    if scene.state == "outer":
        return np.ones_like(strikes_s)
    loaded: npt.NDArray[np.float64] = np.clip(np.cos(math.tau * scene.shaft_hz * strikes_s + phase), 0, 1) ** 1.5
    return loaded
