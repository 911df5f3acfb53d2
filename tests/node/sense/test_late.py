"""A sensor that is opened when it is first read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from node.app import seen
from node.errors import HardwareError
from node.sense.late import Late
from tests.node.test_app import World
from tests.node.world import Thermometer

if TYPE_CHECKING:
    from pathlib import Path


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


class Stuck(Thermometer):
    """Cannot be closed."""

    def close(self) -> None:
        """Find no port."""
        raise RuntimeError("the port is gone")


def test_node_with_a_sensor_that_cannot_be_closed_is_told_and_costs_nothing(tmp_path: Path) -> None:
    """The end is in order: exit code 0, the rest is closed, the state is on disk with the reason."""
    world = World(tmp_path)
    world.app.sensors["air"]._build = lambda: Stuck(20.0, 21.0, 22.0)  # type: ignore[attr-defined]
    assert world.app.run(cycles=3) == 0
    told = seen(world.app.config)
    assert told["records_receipted"] == 3
    assert told["reasons"] == {"sense": "RuntimeError: the port is gone"}
