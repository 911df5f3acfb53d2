"""A post in a field: a whole node on the virtual clock, on a panel and a battery that it drains by what it does."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

from boards import open_ports
from boards.sim.bed import VirtualBed
from boards.sim.cell import Cell
from boards.sim.solar import Panel
from node.app import App
from node.config import load
from node.hal import Transition
from tests.node.courier import Carrier

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from boards.schema import BoardData
    from boards.sim.clock import VirtualClock, VirtualSleeper
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox

HOUR_S: Final = 3600.0
DAY_S: Final = 86_400.0
MJ_A_WH: Final = 3_600_000.0
REST_MW: Final = 2.0
DOWN, UP = Transition(time_s=1.0, energy_mj=3_000.0), Transition(time_s=2.0, energy_mj=5_000.0)
"""What the post draws while it sleeps, and what going there and coming back take: made up, between a microcontroller
and a board that boots, so that the rhythm is what the battery feels."""

NODE: Final = """
[node]
site = "field"
name = "post"
board = "rpi-zero-2w"
battery_wh = 1.0
[sense.air]
part = "signal"
channel = "temperature"
unit = "Cel"
offset = 18.0
amplitude = 6.0
period_s = 86400.0
noise = 0.05
[gate]
part = "send_on_delta"
channels = ["temperature"]
delta = 0.2
[transmit]
interval_s = 7200.0
[sleep]
period_s = 1200.0
deepest = "suspend"
"""
ENERGY: Final = """
[energy]
slowest_s = 3600.0
"""


@dataclass(frozen=True, slots=True)
class Hour:
    """What the post was like at an hour's end.

    Attributes:
        share: state of charge.
        period_s: from sample to sample, as it was lived then.
        interval_s: from transmission to transmission.
        draw_mw: over the hour.
    """

    share: float
    period_s: float
    interval_s: float
    draw_mw: float


class Post:
    """The node, its sky and its battery."""

    def __init__(self, folder: Path, text: str, bright: Callable[[int], float], *, share: float = 0.6) -> None:
        """Plant it.

        Args:
            folder: where its file and its state are.
            text: its file.
            bright: a day's number to the irradiance at noon in W/m2.
            share: state of charge at the start.
        """
        self.path = folder / "node.toml"
        self.path.write_text(text)
        self.cell = Cell(1.0 * MJ_A_WH, share=share)
        self.panel = Panel(peak_w=0.1)
        self.hours: list[Hour] = []
        self.carriers: list[Carrier] = []
        self.cell_at_first = share
        self._bright = bright
        ports = open_ports("rpi-zero-2w", clock="virtual")
        light = replace(ports.board.states["light"], requires=(), otherwise_mw=None)
        suspend = replace(light, name="suspend", power_mw=REST_MW, enter=DOWN, exit=UP)
        board = replace(cast("BoardData", ports.board), states={**ports.board.states, "suspend": suspend})
        self.clock = cast("VirtualClock", ports.clock)
        self.start_ms = self.clock.wall_ms()
        bed = VirtualBed(board, self.clock, cast("VirtualSleeper", ports.sleeper))
        self._ports = replace(ports, board=board, open_bed=lambda _: bed, open_gauge=lambda _: self.cell)
        self.app = self._built()
        self._drawn_mj = 0.0
        self._script(0)

    def live(self, days: float) -> None:
        """Run until a day is over, and end as a node does."""
        self.clock.at(days * DAY_S, self.app.stop)
        assert self.app.run() == 0

    def restart(self) -> None:
        """Start anew on the same disk."""
        self.app = self._built()
        self._drawn_mj = 0.0

    def _built(self) -> App:
        config, problems = load(self.path)
        assert problems == []
        return App(config, ports=self._ports, carry=self._carry)

    def _carry(self, outbox: Outbox, inbox: Inbox) -> Carrier:
        self.carriers.append(Carrier(outbox, inbox, self.clock.advance))
        return self.carriers[-1]

    def _script(self, hour: int) -> None:
        self.clock.at((hour + 1) * HOUR_S - 1.0, lambda: self._pass(hour))

    def _pass(self, hour: int) -> None:
        """Let the sun and the node's own books move the battery."""
        drawn_mj = self.app.ledger.total_mj()
        draw_mw, self._drawn_mj = (drawn_mj - self._drawn_mj) / HOUR_S, drawn_mj
        height = math.cos((hour % 24 + 0.5 - 12.0) / 6.0 * math.pi / 2.0) if abs(hour % 24 + 0.5 - 12.0) < 6.0 else 0.0
        harvest_mw = self.panel.power_mw(height * self._bright(hour // 24), 25.0)
        self.cell.live(HOUR_S, harvest_mw=harvest_mw, load_mw=draw_mw, air_c=25.0)
        tempo = self.app.tempo
        self.hours.append(Hour(self.cell.share(), tempo.steady_s, tempo.interval_s, draw_mw))
        self._script(hour + 1)
