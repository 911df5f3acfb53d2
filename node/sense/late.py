"""A sensor that is opened when it is first read, and from then on again until that works.

A bus that is not up yet, a probe that is plugged in after the node: neither may cost the node its other sensors, and
neither needs a restart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from node.sense import Sensor
    from node.values import Channel, Reading


class Late:
    """Stands for a sensor; its channels are known once it was opened."""

    def __init__(self, build: Callable[[], object], opened: Callable[[], None]) -> None:
        """Open nothing yet.

        Args:
            build: opens the sensor, or raises.
            opened: told once, when it was.
        """
        self.channels: Sequence[Channel] = ()
        self._build = build
        self._opened = opened
        self._sensor: Sensor | None = None

    def read(self) -> Reading:
        """Read the sensor, opening it before where that has not worked yet."""
        return (self._sensor or self._open()).read()

    def close(self) -> None:
        """Close what was opened."""
        if self._sensor is not None:
            self._sensor.close()

    def _open(self) -> Sensor:
        sensor = cast("Sensor", self._build())
        self._sensor = sensor
        self.channels = sensor.channels
        self._opened()
        return sensor
