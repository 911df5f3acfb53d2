"""Keeps what the sensors give now as raw windows, and sends them: what the model would see, or a picture of the place.

It is not allowed by default: it shows more than the node tells by itself, and a picture takes the air for a while.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from node.commands import Begun
from node.errors import HardwareError
from node.escalate.windows import windows
from node.options import option
from node.values import Reading, Sample

if TYPE_CHECKING:
    from node.commands import House
    from node.sense import Sensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """`[commands.raw]`."""

    most: int = option("most windows that one order sends", default=4, least=1, most=64)
    priority: int = option("of these windows; see `record.priority`", default=9, least=0, most=9)


class Raw:
    """Reads every sensor once more, beside the cycle."""

    def __init__(self, params: Params, house: House) -> None:
        """Read nothing yet; the arguments are what their names say."""
        self._params = params
        self._house = house

    def begin(self) -> Begun:
        """Read, keep, and have the link used for it.

        Raises:
            HardwareError: no sensor gives anything that is more than numbers.
            ValueError: no message can hold what one gives.
        """
        house, clock = self._house, self._house.ports.clock
        silent: dict[str, str] = {}
        readings = [_read(name, each, silent) for name, each in {**house.sensors, **house.lookers}.items()]
        blocks = {name: block for reading in readings for name, block in reading.blocks.items()}
        sample = Sample(time_ms=clock.wall_ms(), time_quality=clock.quality(), values={}, blocks=blocks)
        found = windows(sample, priority=self._params.priority)[: self._params.most]
        if not found:
            why = "; ".join(f"{name}: {reason}" for name, reason in silent.items())
            raise HardwareError(f"no sensor gives a waveform or a picture{f'; {why}' if why else ''}")
        for window in found:
            house.outbox.append_raw(window, clock.monotonic_s())
        house.outbox.commit()
        house.uplink.hurry()
        return Begun(told=", ".join(f"{each.stream} {each.block.data.shape}" for each in found))

    def end(self) -> None:
        """Nothing goes on."""


def _read(name: str, sensor: Sensor, silent: dict[str, str]) -> Reading:
    try:
        return sensor.read()
    except HardwareError as error:
        silent[name] = str(error)
        return Reading()
