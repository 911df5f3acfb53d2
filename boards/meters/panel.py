"""A meter that sits at a solar panel: its power now, for whoever adds it up over an hour and over halts."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from node.errors import HardwareError

if TYPE_CHECKING:
    from boards.meters import Machine
    from boards.meters.reading import Wattmeter
    from node.options import Spec


class Panel:
    """A wattmeter that is asked for its power, and not for its sum; satisfies `node.hal.Panel`."""

    def __init__(self, chosen: Spec, machine: Machine) -> None:
        """Take the meter that the operator fitted there.

        Args:
            chosen: a part of `PANELS` with its options.
            machine: where to look.
        """
        self._name = chosen.name
        self._meter = cast("Wattmeter", chosen.build(machine))

    def power_mw(self) -> float:
        """Ask for it.

        Raises:
            HardwareError: nobody answers; what it is, and what to do.
        """
        try:
            return self._meter.power_mw()
        except (OSError, ValueError) as error:
            raise HardwareError(f"{self._name}: {error}") from error
