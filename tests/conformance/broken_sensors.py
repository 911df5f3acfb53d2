"""The negative control of the sensors' laws: for each law a sensor that is right but for one mistake."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from node.values import Block, Channel, Reading
from tests.conformance.laws import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.hal import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """No options."""


class Right:
    """Gives how often it was read, and a waveform of it; keeps every law."""

    channels: Sequence[Channel] = (Channel(name="count"),)

    def __init__(self, params: Params, ports: Ports) -> None:
        self.ports = ports
        self.count = 0

    def read(self) -> Reading:
        """Count."""
        self.count += 1
        data = np.full((4, 1), self.count, dtype=np.float32)
        return Reading(values={"count": float(self.count)}, blocks={"wave": Block(data=data, rate_hz=100.0)})

    def close(self) -> None:
        """Give nothing back."""


class Growing(Right):
    """Finds a channel on the way."""

    def read(self) -> Reading:
        """Name one more channel than before."""
        self.channels = (*self.channels, Channel(name=f"found_{self.count}"))
        return super().read()


class Forgetful(Right):
    """Leaves a channel out that failed."""

    def read(self) -> Reading:
        """Give no value."""
        return Reading(blocks=super().read().blocks)


class Flat(Right):
    """Gives a waveform without a channel axis."""

    def read(self) -> Reading:
        """Drop the axis."""
        reading = super().read()
        data = reading.blocks["wave"].data[:, 0]
        return Reading(values=reading.values, blocks={"wave": Block(data=data, rate_hz=100.0)})


class Fragile(Right):
    """Cannot be closed unread."""

    def close(self) -> None:
        """Want to have been read."""
        if not self.count:
            raise ZeroDivisionError


class Moody(Right):
    """Gives what it likes."""

    def read(self) -> Reading:
        """Draw a number from the system's own chance."""
        return Reading(values={"count": random.SystemRandom().random()})


class Slow(Right):
    """Waits for its conversion in the read."""

    def read(self) -> Reading:
        """Sleep for a minute."""
        self.ports.sleeper.sleep(60.0)
        return super().read()


TABLE: Final = {
    name.lower(): f"{__name__}:{name}" for name in ("Right", "Growing", "Forgetful", "Flat", "Fragile", "Moody", "Slow")
}
RIGHT: Final = Part("right", TABLE["right"], TABLE)
MISTAKES: Final = {
    law: Part(name, TABLE[name], TABLE)
    for law, name in {
        "blocks": "flat",
        "channels": "growing",
        "closing": "fragile",
        "repeating": "moody",
        "values": "forgetful",
        "waiting": "slow",
    }.items()
}
