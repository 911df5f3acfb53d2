"""A machine that can be restarted: its box, and the node that lives in it, start after start."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from boards import open_ports
from node.app import App
from node.config import load_strictly
from node.errors import HardwareError
from tests.node.courier import Carrier

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from boards.sim.clock import VirtualClock
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox
    from node.wire.messages import Desired, Reported

NODE: Final = """
[node]
site = "plant"
name = "well"
board = "rpi-zero-2w"
state_dir = "state"
[sense.air]
part = "signal"
channel = "temperature"
unit = "Cel"
offset = 20.0
drift_per_s = 0.01
[transmit]
interval_s = 1800.0
[sleep]
period_s = 600.0
"""


class PowerCut(BaseException):
    """The power is gone, in the middle of whatever was done."""


@dataclass
class Box:
    """A lamp and a reset, as `node.hal.Chassis` has them.

    Attributes:
        boots: how often the machine was started.
        reboots: how often it was told to restart.
        lit: what was done with the lamp.
        lamp: there is one.
        on_reboot: what the order does.
    """

    boots: int = 1
    reboots: int = 0
    lit: list[str] = field(default_factory=list)
    lamp: bool = True
    on_reboot: Callable[[], None] = lambda: None

    def boot_id(self) -> str:
        """Number the boots."""
        return f"boot {self.boots}"

    def blink(self) -> str:
        """Light the lamp, where there is one."""
        if not self.lamp:
            raise HardwareError("no lamp")
        self.lit.append("on")
        return "ACT"

    def rest(self) -> None:
        """Put it out."""
        self.lit.append("off")

    def reboot(self) -> None:
        """Take the order."""
        self.reboots += 1
        self.on_reboot()


class Machine:
    """One board with one disk, on one virtual clock.

    Attributes:
        box: its lamp and its reset.
        wish: what the gateway wants, whenever the node connects.
        carriers: one a start.
        apps: one a start.
    """

    def __init__(self, folder: Path, text: str = NODE) -> None:
        self.path = folder / "node.toml"
        folder.mkdir(exist_ok=True)
        self.path.write_text(text)
        self.box = Box()
        virtual = open_ports("rpi-zero-2w", clock="virtual")
        self.ports = replace(virtual, open_chassis=lambda: self.box)
        self.clock: VirtualClock = virtual.clock  # type: ignore[assignment]  # asked for by name
        self.wish: Desired | None = None
        self.carriers: list[Carrier] = []
        self.apps: list[App] = []

    def start(self, *, cycles: int | None = None, for_s: float | None = None) -> int:
        """Start the node, and live until it ends.

        Args:
            cycles: at most so many.
            for_s: until somebody stops it; None for as long as it likes.
        """
        app = App(load_strictly(self.path), ports=self.ports, carry=self._carry)
        self.apps.append(app)
        if for_s is not None:
            self.clock.at(self.clock.monotonic_s() + for_s, app.stop)
        return app.run(cycles=cycles)

    def says(self, wish: Desired) -> None:
        """Have the gateway wish for something now; a node that is connected hears it, another when it next connects."""
        self.wish = self.carriers[-1].wish = wish
        self.carriers[-1].tell()

    def reported(self) -> Reported:
        """Return the newest report."""
        from node.wire.messages import Reported

        return [each for carrier in self.carriers for each in carrier.said if isinstance(each, Reported)][-1]

    def _carry(self, outbox: Outbox, inbox: Inbox) -> Carrier:
        carrier = Carrier(outbox, inbox, self.clock.advance)
        if self.wish is not None:
            carrier.wish = self.wish
        self.carriers.append(carrier)
        return carrier
