"""A sensor that is opened when it is first read, and from then on again until that works.

A bus that is not up yet, a probe that is plugged in after the node: neither may cost the node its other sensors, and
neither needs a restart. A read that hangs costs no more: it is given up, see `bounded`.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, cast

from node.errors import HardwareError
from node.sense.bounded import Bounded, at_once

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from node.sense import Sensor
    from node.sense.bounded import Do
    from node.values import Channel, Reading


class Late:
    """Stands for a sensor; its channels are known once it was opened."""

    def __init__(
        self, build: Callable[[], object], opened: Callable[[], None], *, timeout_s: float | None = None
    ) -> None:
        """Open nothing yet.

        Args:
            build: opens the sensor, or raises.
            opened: told once, when it was.
            timeout_s: longest time that opening or reading may take; None where it waits for no device.
        """
        self.channels: Sequence[Channel] = ()
        self._build = build
        self._opened = opened
        self._bounded = None if timeout_s is None else Bounded(timeout_s)
        self._do: Do = self._bounded or at_once
        self._sensor: Sensor | None = None
        self._told = False

    def read(self) -> Reading:
        """Read the sensor, opening it before where that has not worked yet.

        Raises:
            HardwareError: what the sensor says; or it takes too long.
        """
        if self._sensor is None:
            self._do(self._open)
        sensor = self._sensor
        assert sensor is not None, "else opening it raised"
        if not self._told:  # here, not where it was opened: that may be another thread, and long ago
            self._told = True
            self.channels = sensor.channels
            self._opened()
        return self._do(sensor.read)

    def close(self) -> None:
        """Close what was opened; what hangs is left as it is."""
        with contextlib.suppress(HardwareError):
            if self._sensor is not None:
                self._do(self._sensor.close)
        if self._bounded is not None:
            self._bounded.close()

    def _open(self) -> None:
        self._sensor = cast("Sensor", self._build())
