"""Gauges: who knows how full the battery is. One file each; a failed read is a gap, never an empty battery.

A gauge answers `read()` with a share, with a cell's voltage, or with both (`node.hal.Gauge`). `first` asks several in
turn; what they raise becomes a gap here.

kernel    whatever battery the kernel has a driver for
max17048  a lithium cell's fuel gauge, by I2C
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

from node.errors import HardwareError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from boards.meters import Machine, Named
    from node.hal import Gauge, GaugeReading
    from node.options import Spec

log = logging.getLogger(__name__)


def open_gauge(named: Iterable[Named], machine: Machine, chosen: Spec | None = None) -> Gauge:
    """Return who knows how full the battery is: fuel gauges that somebody names as meters, then the kernel.

    Args:
        named: the board's meters; a fuel gauge that may count joules says how full its cell is, too.
        machine: where to look.
        chosen: the meter that the operator fitted; None for none.
    """
    from boards.gauges.kernel import Kernel
    from boards.gauges.max17048 import Max17048
    from boards.meters.max17048 import Max17048 as Meter
    from boards.meters.max17048 import Params

    fitted = [Params(scope=each.scope) for each in named if each.driver == "max17048"]
    if chosen is not None and chosen.name == "max17048":
        fitted.insert(0, cast("Params", chosen.params))
    chips = [Max17048(Meter(each, machine)) for each in fitted]
    return First([*chips, Kernel(machine.root)])


class First:
    """The first gauge that answers now; satisfies `node.hal.Gauge`."""

    def __init__(self, gauges: Sequence[Gauge]) -> None:
        """Keep them, the best first."""
        self._gauges = gauges

    def read(self) -> GaugeReading | None:
        """Ask one after the other."""
        for gauge in self._gauges:
            try:
                reading = gauge.read()
            except (HardwareError, OSError, ImportError) as error:
                log.debug("gauge %s: %s", type(gauge).__name__, error)
                continue
            if reading is not None:
                return reading
        return None
