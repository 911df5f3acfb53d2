"""Half a day of a node whose period follows what happens: events are seen closer, and promises are kept."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import pytest

from boards import open_ports
from node.app import App
from node.config import load_strictly
from node.wire.messages import Presence, State
from tests.node.courier import Carrier

if TYPE_CHECKING:
    from pathlib import Path

    from boards.sim.clock import VirtualClock
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox

HOUR_S: Final = 3600.0
FLOOD_S: Final = (10_000.0, 13_000.0)
"""When the water rises above its threshold, and falls again."""
NODE: Final = """
[node]
site = "river"
name = "bridge"
board = "sim"
[sense.water]
part = "replay"
path = "water.csv"
pace = "recorded"
[sense.water.csv]
time = ["time"]
[gate]
part = "level"
channel = "level"
level = 2.0
hold = true
[transmit]
interval_s = 1500.0
[sleep]
period_s = 600.0
"""


class River:
    """Half a day at a bridge, with a gateway."""

    def __init__(self, folder: Path, more: str = "") -> None:
        path = folder / "node.toml"
        path.write_text(NODE + more)
        rows = [f"{at_s},{3.0 if FLOOD_S[0] <= at_s < FLOOD_S[1] else 1.0}" for at_s in range(0, 43_200, 10)]
        (folder / "water.csv").write_text("\n".join(["time,level", *rows, ""]))
        ports = open_ports("sim", clock="virtual")
        clock: VirtualClock = ports.clock  # type: ignore[assignment]  # asked for by name
        self.start_ms = clock.wall_ms()
        self.carriers: list[Carrier] = []

        def carry(outbox: Outbox, inbox: Inbox) -> Carrier:
            self.carriers.append(Carrier(outbox, inbox, clock.advance))
            return self.carriers[-1]

        self.app = App(load_strictly(path), ports=ports, carry=carry)
        clock.at(11.0 * HOUR_S, self.app.stop)
        assert self.app.run() == 0

    def seen_s(self) -> list[float]:
        """Return when the flood was sampled, by the rows at the gateway."""
        return sorted((time_ms - self.start_ms) / 1e3 for time_ms in self.carriers[0].times_ms.values())

    def broken_s(self) -> list[float]:
        """Return by how much each promise was broken."""
        said = [each for each in self.carriers[0].said if isinstance(each, Presence)][:-2]  # without the goodbye
        return [
            (back.time_ms - (asleep.next_wake_ms or 0)) / 1e3
            for asleep, back in pairwise(said)
            if asleep.state is State.SLEEPING
        ]


def test_lively_node_looks_closer_while_it_happens(tmp_path: Path) -> None:
    """The same flood, four times as many samples of it, and its end is known four times as well."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    steady, lively = River(tmp_path / "a"), River(tmp_path / "b", "[alertness]\n")
    assert len(steady.seen_s()) == 5
    assert len(lively.seen_s()) >= 16
    assert max(after - before for before, after in pairwise(lively.seen_s())) == pytest.approx(150.0, abs=1.0)
    calm = lively.app.health.counters["cycles"] - len(lively.seen_s())
    assert calm == pytest.approx(steady.app.health.counters["cycles"], rel=0.2)


def test_lively_node_keeps_its_promises(tmp_path: Path) -> None:
    """However the period bends, the node is heard when it said: within the seconds that connecting takes."""
    river = River(tmp_path, "[alertness]\n")
    assert len(river.broken_s()) > 20
    assert max(map(abs, river.broken_s())) <= 2.0
