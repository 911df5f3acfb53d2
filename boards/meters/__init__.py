"""Meters: who counts the joules. One file each; a failed read is a gap, never a zero.

A meter is built with its `Params` and the `Machine` that it finds its files and buses on, and answers `read()` with
the energy since it was built, the time that this accounts for, and how far it may be off (`node.hal.Meter`). Most are
wattmeters and only say `power_mw()`; the rest follow a count. What they raise becomes a gap in `reading.py`. What is
counted (the input, a module, some rails, the processor) rides along, for the sum of the rails is not the input.

The board's file says which meters a board may have; `[meter]` in a node's file chooses one and says how it is fitted.

Add one: a file with a class and its `Params`, a line in TABLE, a line in `boards/fittings.py` so that a board may
name it, and a folder of fake files in `tests/boards/meters`.

hwmon_ina     INA219 and its like, by the kernel's driver      ina3221       three rails, by the kernel's driver
jetson_rails  a Jetson's own INA3221, or its older IIO files   jetson_stats  what jtop says, where it is installed
max17048      a lithium cell's fuel gauge                      model         idle and active by how busy the machine is
power_supply  the kernel's battery gauges                      rapl          x86 packages, with wraparound
rpi5_pmic     a Pi 5's own rails                               wittypi4      what a Witty Pi 4 gives the board
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, cast

from boards.meters.watched import Watched
from node.errors import HardwareError
from node.hal import Metering, PowerState
from node.options import Spec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from boards.meters.reading import Asked
    from node.hal import Scope

log = logging.getLogger(__name__)

TABLE: Final = {
    "hwmon_ina": "boards.meters.hwmon_ina:HwmonIna",
    "ina3221": "boards.meters.ina3221:Ina3221",
    "jetson_rails": "boards.meters.jetson_rails:JetsonRails",
    "jetson_stats": "boards.meters.jetson_stats:JetsonStats",
    "max17048": "boards.meters.max17048:Max17048",
    "model": "boards.meters.model:Model",
    "power_supply": "boards.meters.power_supply:PowerSupply",
    "rapl": "boards.meters.rapl:Rapl",
    "rpi5_pmic": "boards.meters.rpi5_pmic:Rpi5Pmic",
    "wittypi4": "boards.meters.wittypi4:WittyPi4",
}

PANELS: Final = {name: TABLE[name] for name in ("hwmon_ina", "ina3221")}
"""Those that may sit at a panel, beside one for the board: they say which chip is meant, and tell the power now."""


class Registers(Protocol):
    """A chip on an I2C bus."""

    def read(self, register: int, count: int) -> bytes:
        """Read bytes from a register on, in one transaction.

        Raises:
            OSError: the bus or the chip does not answer.
        """
        ...


def _open_i2c(bus: int, address: int) -> Registers:
    from boards.meters.i2c import Device

    return Device(Path(f"/dev/i2c-{bus}"), address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What meters find their readings on.

    Attributes:
        clock_s: monotonic, in seconds; it goes on through suspend.
        states: the board's, for the model.
        root: where `sys` and `proc` are; a folder in tests.
        bus: number of the header's I2C bus.
        i2c: opens a chip by bus and address.
    """

    clock_s: Callable[[], float]
    states: Mapping[str, PowerState] = field(default_factory=dict)
    root: Path = Path("/")
    bus: int = 1
    i2c: Callable[[int, int], Registers] = _open_i2c


class Named(Protocol):
    """What a board's file says of one meter; `boards.fittings.Meter` is one."""

    @property
    def driver(self) -> str:
        """A name in TABLE."""
        ...

    @property
    def scope(self) -> Scope:
        """What it counts on this board."""
        ...

    @property
    def priority(self) -> int:
        """The lowest that answers is believed."""
        ...

    @property
    def total(self) -> str:
        """Label of the rail that is the whole; empty for the part's own choice."""
        ...

    @property
    def rails(self) -> tuple[str, ...]:
        """Labels of rails that are parts of it."""
        ...

    @property
    def rate_hz(self) -> float | None:
        """Readings a second that its integral wants; None for the part's own choice."""
        ...


def open_meter(named: Iterable[Named], machine: Machine, chosen: Spec | None = None) -> Metering:
    """Open the meter that the operator chose; where it does not answer, the board's lowest priority number that does.

    A meter that falls silent later leaves gaps and is not replaced: two meters in one sum would measure different
    things. Nor is a chosen one that is silent replaced by the same part as the board would have it: its options were
    given for a reason.

    Args:
        named: what the board says it may have.
        machine: where to look.
        chosen: a part of TABLE with its options; None to go by the board alone.
    """
    ordered = sorted(named, key=lambda meter: meter.priority)
    rates_hz = {each.driver: each.rate_hz for each in ordered}
    specs = [] if chosen is None else [chosen]
    specs += [_spec(each) for each in ordered if chosen is None or each.driver != chosen.name]
    silent: dict[str, str] = {}
    for spec in specs:
        meter, reason = _opened(spec, machine)
        if meter is None:
            silent[spec.name] = reason
            continue
        rate_hz = rates_hz.get(spec.name) or meter.rate_hz
        log.info("meter %s counts the %s", spec.name, meter.scope)
        return Metering(name=spec.name, meter=meter if rate_hz is None else Watched(meter, rate_hz), silent=silent)
    return Metering(silent=silent)


def _opened(spec: Spec, machine: Machine) -> tuple[Asked | None, str]:
    """Build a meter and have it answer once; returns None and the reason where it does not."""
    try:
        meter = cast("Asked", spec.build(machine))
    except (HardwareError, OSError, ImportError) as error:
        return None, str(error)
    if meter.read() is not None:
        return meter, ""
    return None, meter.trouble or "it answers, and counts nothing now"


def _spec(named: Named) -> Spec:
    """Return the part that a board's file describes, with the options that the file has for it."""
    from dataclasses import fields

    from node.parts import params_of

    target = TABLE[named.driver]
    shape = params_of(target)
    told = {"scope": named.scope, "total": named.total, "rails": named.rails}
    known = {each.name for each in fields(shape)}
    return Spec(named.driver, target, shape(**{name: value for name, value in told.items() if name in known}))
