"""A sensor that is opened when it is first read."""

from __future__ import annotations

import pytest

from node.errors import HardwareError
from node.sense.late import Late
from tests.node.world import Thermometer


class Bus:
    """A bus that comes up at the third attempt."""

    def __init__(self) -> None:
        self.attempts = 0
        self.thermometer = Thermometer(20.0, None, 22.0)

    def open(self) -> Thermometer:
        """Open the thermometer, or fail."""
        self.attempts += 1
        if self.attempts < 3:
            raise HardwareError("i2c1: no such bus")
        return self.thermometer


def test_read_tries_again_until_it_opens_and_then_never() -> None:
    """Each read is an attempt; once it worked the sensor stays open through its own failures, and is told of once."""
    bus, told = Bus(), []
    late = Late(bus.open, lambda: told.append(bus.attempts))
    for _ in range(2):
        with pytest.raises(HardwareError, match="no such bus"):
            late.read()
    assert (late.channels, told) == ((), [])
    assert late.read().values == {"temperature": 20.0}
    assert late.channels == Thermometer.channels
    with pytest.raises(HardwareError, match="no answer"):
        late.read()
    assert late.read().values == {"temperature": 22.0}
    assert (bus.attempts, told) == (3, [3])


def test_close_closes_what_was_opened_only() -> None:
    """Nothing was opened, nothing is closed."""
    bus = Bus()
    late = Late(bus.open, lambda: None)
    late.close()
    assert bus.attempts == 0
    bus.attempts = 2
    late.read()
    late.close()
    assert bus.thermometer.closed == 1
