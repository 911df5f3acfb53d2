"""Restarts the machine.

It is not allowed by default: whoever takes the gateway could keep a node from its work with it, and a node that runs
as a user without rights cannot do it anyway. Where it is allowed, the node works for a while between two of them,
however often it is ordered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from node.commands import Begun
from node.errors import HardwareError
from node.options import option

if TYPE_CHECKING:
    from node.commands import House

GOES_DOWN_S: Final = 120.0
"""A machine that still runs then is not going down: systemd kills what does not end within 90 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """`[commands.reboot]`."""

    least_up_s: float = option(
        "hard limit: seconds that a node has been up before it lets itself be restarted", default=300.0, least=0.0
    )


class Reboot:
    """Orders the restart; the next start says that it was one."""

    def __init__(self, params: Params, house: House) -> None:
        """Order nothing yet; the arguments are what their names say."""
        self._params = params
        self._house = house

    def begin(self) -> Begun:
        """Order it.

        Raises:
            HardwareError: too soon, or the machine refuses.
        """
        up_s, open_chassis = self._house.up_s, self._house.ports.open_chassis
        if up_s < self._params.least_up_s:
            least_s = self._params.least_up_s
            raise HardwareError(f"up for {up_s:.0f} s, and commands.reboot.least_up_s is {least_s:g}; order it later")
        if open_chassis is None:
            raise HardwareError("this board cannot be restarted from here")
        open_chassis().reboot()
        return Begun(goes_on_s=GOES_DOWN_S)

    def end(self) -> None:
        """Say that nothing came of it: whoever goes down is not asked any more.

        Raises:
            HardwareError: always.
        """
        raise HardwareError(f"the machine still runs {GOES_DOWN_S:g} s after it was told to restart")
