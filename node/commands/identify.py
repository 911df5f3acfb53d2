"""Blinks the board's lamp, so that a person finds it among others; where it has none, the log alone says so."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from node.commands import Begun
from node.errors import HardwareError
from node.options import option

if TYPE_CHECKING:
    from node.commands import House
    from node.hal import Chassis

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """`[commands.identify]`."""

    lit_s: float = option(
        "how long it blinks in seconds; the node stays up for that", default=30.0, above=0.0, most=600
    )


class Identify:
    """Blinks while it goes on."""

    def __init__(self, params: Params, house: House) -> None:
        """Light nothing yet; the arguments are what their names say."""
        self._params = params
        self._house = house
        self._chassis: Chassis | None = None

    def begin(self) -> Begun:
        """Begin to blink; a board without a lamp is found in its log."""
        name, ports = self._house.config.node.name, self._house.ports
        log.warning("here is %s: the gateway asked it to show itself", name)
        if ports.open_chassis is None:
            return Begun(told="in its log alone: this board has no lamp")
        chassis = ports.open_chassis()
        try:
            lamp = chassis.blink()
        except HardwareError as error:
            return Begun(told=f"in its log alone: {error}")
        self._chassis = chassis
        return Begun(goes_on_s=self._params.lit_s, told=f"{lamp} blinks for {self._params.lit_s:g} s")

    def end(self) -> None:
        """Put the lamp back as it was."""
        if self._chassis is not None:
            self._chassis.rest()
