"""What a sensor may answer, and what becomes of the rest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from node.errors import HardwareError
from node.sense.contract import announced, sound
from node.sense.late import Late
from node.values import Block, Channel, Reading

if TYPE_CHECKING:
    from node.sense import Sensor

CHANNELS = (Channel(name="soil"), Channel(name="air"))


class Guest:
    """A part of somebody else's: it announces and gives what it was told to."""

    def __init__(self, gives: object, channels: object = CHANNELS) -> None:
        self.gives = gives
        self.channels = channels

    def read(self) -> object:
        """Give it, or end the program as drivers written as scripts do."""
        if isinstance(self.gives, SystemExit):
            raise self.gives
        return self.gives

    def close(self) -> None:
        """Give nothing back."""


def late(guest: Guest) -> Late:
    """Have it read as a node does."""
    return Late(lambda: guest, lambda: None, timeout_s=30.0)


def test_reading_that_keeps_the_contract_is_handed_on_as_it_is() -> None:
    """The usual answer costs no copy."""
    reading = Reading(values={"soil": 1.0, "air": math.nan}, blocks={"w": Block(data=np.zeros((4, 1), np.float32))})
    assert sound(reading, CHANNELS) is reading


@pytest.mark.parametrize("number", [3, np.float32(3), np.int16(3), np.float64(3), np.array(3)])
def test_number_of_another_kind_becomes_a_float(number: object) -> None:
    """What a driver computes with numpy is no reason to lose the record; a channel that it left out is NaN."""
    values = sound(Reading(values={"soil": cast("float", number)}), CHANNELS).values
    assert values["soil"] == 3.0
    assert math.isnan(values["air"])
    assert [type(value) for value in values.values()] == [float, float]


@pytest.mark.parametrize(
    ("gives", "told"),
    [
        (None, "it gave NoneType, not a Reading"),
        ({"soil": 1.0, "air": 2.0}, "it gave dict, not a Reading"),
        (Reading(values={"soil": "12.3", "air": 1.0}), "its soil is '12.3', not a number"),  # type: ignore[dict-item]
        (Reading(values={"soil": None, "air": 1.0}), "its soil is None, not a number"),  # type: ignore[dict-item]
        (Reading(values={"soil": 10**400, "air": 1.0}), "its soil is 1000.*, not a number"),
        (Reading(values={"soil": np.zeros(2), "air": 1.0}), r"its soil is array\(\[0., 0.\]\), not a number"),  # type: ignore[dict-item]
        (Reading(values={"soil": 1.0, "Soil 2": 1.0}), "it gave 'Soil 2', which is not among its `channels`"),
        (SystemExit(3), r"its driver called sys.exit\(3\)"),
    ],
)
def test_answer_that_breaks_the_contract_is_a_gap_with_what_to_mend(gives: object, told: str) -> None:
    """Anything else is refused in words, as one sensor's fault and nobody else's."""
    sensor = late(Guest(gives))
    for _ in range(2):
        with pytest.raises(HardwareError, match=told):
            sensor.read()
    sensor.close()


@pytest.mark.parametrize(
    "channels", [None, ("soil",), (Channel(name="Soil 1"),), (Channel(name=""),), (CHANNELS[0], CHANNELS[0])]
)
def test_channels_that_are_none_are_refused_at_each_read(channels: object) -> None:
    """A name that the wire does not know would keep the node from telling what it runs on."""
    guest = Guest(Reading(values={"soil": 1.0}), channels)
    with pytest.raises(HardwareError, match="mend its part"):
        announced(cast("Sensor", guest))
    sensor = late(guest)
    for _ in range(2):
        with pytest.raises(HardwareError, match="mend its part"):
            sensor.read()
    assert sensor.channels == ()
    sensor.close()
