"""A station that is cut off between its samples, on battery and sun: each wake is a boot, and the disk remembers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, cast

import pytest

from boards import open_ports
from boards.sim.cell import Cell
from node.app import App
from node.config import load_strictly
from tests.node.courier import Carrier
from tests.system.test_halt import NODE

if TYPE_CHECKING:
    from pathlib import Path

    from boards.sim.clock import VirtualClock
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox

STATION: Final = NODE.replace('state_dir = "state"', 'state_dir = "state"\nbattery_wh = 10.0') + "[energy]\n"


@dataclass
class Boots:
    """What each boot was like.

    Attributes:
        woke_s: when it began.
        cycles: how many there had been when it ended.
        periods_s: the rhythm that it left.
        waits: how often the start had been put off when it began.
        carriers: who carried, where somebody did.
    """

    woke_s: list[float] = field(default_factory=list)
    cycles: list[int] = field(default_factory=list)
    periods_s: list[float] = field(default_factory=list)
    waits: list[int] = field(default_factory=list)
    carriers: list[Carrier] = field(default_factory=list)


def booted(folder: Path, shares: list[float]) -> Boots:
    """Boot once for each state of charge, on one clock and one disk."""
    (folder / "node.toml").write_text(STATION)
    cell, boots = Cell(10.0 * 3.6e6), Boots()
    ports = replace(open_ports("rpi-zero-2w", clock="virtual"), open_gauge=lambda _: cell)
    clock = cast("VirtualClock", ports.clock)

    def carry(outbox: Outbox, inbox: Inbox) -> Carrier:
        boots.carriers.append(Carrier(outbox, inbox, clock.advance))
        return boots.carriers[-1]

    for share in shares:
        cell.stored_mj = share * cell.capacity_mj
        boots.woke_s.append(clock.monotonic_s())
        app = App(load_strictly(folder / "node.toml"), ports=ports, carry=carry)
        assert app.run() == 0
        boots.cycles.append(app.health.counters["cycles"])
        boots.periods_s.append(app.tempo.steady_s)
        boots.waits.append(app.memory.waits)
    return boots


def test_halted_station_lives_by_one_budget_over_its_boots(tmp_path: Path) -> None:
    """The rhythm that one boot decided is the next one's, but for the first, which is held at its promised slot."""
    boots = booted(tmp_path, [0.95] * 12)
    assert boots.cycles == list(range(1, 13))
    gaps_s = [after - before for before, after in pairwise(boots.woke_s)]
    assert gaps_s[0] < boots.periods_s[0]
    assert gaps_s[1:] == pytest.approx(boots.periods_s[1:-1])
    assert 1 < len(set(boots.periods_s)) <= 4  # stepped by the hour, not by the boot
    assert all(600.0 <= period_s <= 3600.0 for period_s in boots.periods_s)


def test_halted_station_on_an_empty_battery_halts_again_and_waits_longer_each_time(tmp_path: Path) -> None:
    """Neither a sample nor a connection before there is a margin, though each look is a boot of its own."""
    boots = booted(tmp_path, [0.02, 0.02, 0.1, 0.1, 0.2])
    assert boots.woke_s == pytest.approx([0.0, 120.0, 360.0, 840.0, 1800.0])
    assert boots.cycles == [0, 0, 0, 0, 1]
    assert boots.waits == [0, 1, 2, 3, 4]
    assert len(boots.carriers) == 1
