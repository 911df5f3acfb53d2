"""The contract of a sensor, held where its answer comes in: a part of somebody else's may answer anything.

What is meant is taken: a number of another kind, such as numpy's, becomes a float, and a channel that was left out is
NaN. What is not (text, None, a channel that was never announced) is refused with what to mend, as a gap of this one
sensor: past this door every reading is sound.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final, SupportsFloat, cast

from node.errors import HardwareError
from node.values import Channel, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.sense import Sensor

LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")  # `string` compiles a pattern when it is imported
LONGEST: Final = 32


def announced(sensor: Sensor) -> Sequence[Channel]:
    """Return the channels of a sensor.

    Raises:
        HardwareError: they are no channels, two have one name, or a name is none that the wire knows.
    """
    channels: object = sensor.channels
    if not isinstance(channels, list | tuple) or not all(isinstance(each, Channel) for each in channels):
        raise HardwareError(f"its `channels` are {channels!r:.80}, not a list of Channel; mend its part")
    names = [each.name for each in cast("Sequence[Channel]", channels)]
    wrong = [name for name in names if not is_name(name) or names.count(name) > 1]
    if wrong:
        raise HardwareError(
            f"its channel {wrong[0]!r:.80} is not [a-z0-9_]{{1,{LONGEST}}}, or is there twice; mend its part"
        )
    return cast("Sequence[Channel]", channels)


def is_name(name: object) -> bool:
    """Whether a column may be called so.

    >>> [is_name(name) for name in ("soil_1", "Soil 1", "", "x" * 33)]
    [True, False, False, False]
    """
    return isinstance(name, str) and 0 < len(name) <= LONGEST and LETTERS.issuperset(name)


def sound(reading: object, channels: Sequence[Channel]) -> Reading:
    """Return a reading that holds exactly the channels, as floats.

    Args:
        reading: what the sensor gave.
        channels: as they were announced.

    Raises:
        HardwareError: it is none, names a channel that was not announced, or holds what is no number.
    """
    if not isinstance(reading, Reading):
        raise HardwareError(f"it gave {type(reading).__name__}, not a Reading; mend its part")
    values = reading.values
    if len(values) == len(channels) and all(type(values.get(each.name)) is float for each in channels):
        return reading
    strangers = values.keys() - {each.name for each in channels}
    if strangers:
        raise HardwareError(f"it gave {min(strangers)!r}, which is not among its `channels`; mend its part")
    return replace(
        reading, values={each.name: _number(each.name, values.get(each.name, math.nan)) for each in channels}
    )


def _number(name: str, value: object) -> float:
    try:
        if not isinstance(value, str | bytes):
            return float(cast("SupportsFloat", value))
    except (TypeError, ValueError, OverflowError):
        pass
    raise HardwareError(f"its {name} is {value!r:.80}, not a number; mend its part, NaN says that there is none")
