"""A sensor that is opened when it is first read, and from then on again until that works.

A bus that is not up yet, a probe that is plugged in after the node: neither may cost the node its other sensors, and
neither needs a restart. A read that hangs costs no more: it is given up, see `bounded`; nor does one that answers what
it should not, see `contract`, or a driver that ends its program.
"""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from node.errors import HardwareError
from node.sense.bounded import Bounded, at_once
from node.sense.contract import announced, sound

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from node.sense import Sensor
    from node.sense.bounded import Do
    from node.values import Channel, Reading

T = TypeVar("T")


class Late:
    """Stands for a sensor; its channels are known once it was opened."""

    def __init__(
        self, build: Callable[[], object], opened: Callable[[], None], *, timeout_s: float | None = None
    ) -> None:
        """Open nothing yet.

        Args:
            build: opens the sensor, or raises.
            opened: told when its channels are known.
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
            HardwareError: what the sensor says; or it takes too long, or breaks the contract.
        """
        if self._sensor is None:
            self._have(self._open)
        sensor = self._sensor
        assert sensor is not None, "else opening it raised"
        if self._told:
            return sound(self._have(sensor.read), self.channels)
        self._announce(sensor)  # a chip that opens and does not answer has NaN for these
        reading = self._have(sensor.read)
        self._announce(sensor)  # some know what they give only when they have given it
        self._told = True
        return sound(reading, self.channels)

    def _announce(self, sensor: Sensor) -> None:
        """Learn what it gives, and pass on that it is known; within its time, for some look at the device for it."""
        channels = self._have(partial(announced, sensor))
        if channels != self.channels:
            self.channels = channels
            self._opened()

    def close(self) -> None:
        """Close what was opened; what hangs is left as it is."""
        with contextlib.suppress(HardwareError):
            if self._sensor is not None:
                self._do(self._sensor.close)
        if self._bounded is not None:
            self._bounded.close()

    def _have(self, work: Callable[[], T]) -> T:
        try:
            return self._do(work)
        except SystemExit as end:
            raise HardwareError(
                f"its driver called sys.exit({end.code!r:.80}); mend its part, to raise instead"
            ) from end

    def _open(self) -> None:
        self._sensor = cast("Sensor", self._build())
