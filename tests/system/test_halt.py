"""A node that is switched off between its cycles: each wake is a boot, and nothing but the disk remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest

from boards import open_ports
from node.app import App
from node.config import load_strictly
from node.memory import forgets_nothing
from node.transmit.schedule import phase
from tests.node.courier import Carrier

if TYPE_CHECKING:
    from pathlib import Path

    from boards.sim.clock import VirtualClock
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox

PERIOD_S: Final = 600.0
BOOTS: Final = 12
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
deepest = "off"
"""


@dataclass
class Life:
    """What happened over some boots."""

    apps: list[App] = field(default_factory=list)
    woke_s: list[float] = field(default_factory=list)
    carriers: list[Carrier] = field(default_factory=list)


def lived(folder: Path, text: str = NODE, boots: int = BOOTS) -> Life:
    """Boot a node again and again, on one clock and one disk, with a new process each time."""
    path = folder / "node.toml"
    path.write_text(text)
    ports = open_ports("rpi-zero-2w", clock="virtual")
    clock: VirtualClock = ports.clock  # type: ignore[assignment]  # asked for by name
    life = Life()

    def carry(outbox: Outbox, inbox: Inbox) -> Carrier:
        life.carriers.append(Carrier(outbox, inbox, clock.advance))
        return life.carriers[-1]

    for _ in range(boots):
        life.woke_s.append(clock.monotonic_s())
        life.apps.append(App(load_strictly(path), ports=ports, carry=carry))
        if "deepest" not in text:
            clock.at(clock.monotonic_s() + PERIOD_S / 2, life.apps[-1].stop)
        assert life.apps[-1].run() == 0
    return life


def test_halted_node_wakes_on_its_deadlines(tmp_path: Path) -> None:
    """The boot is over when the cycle is due: off between two cycles, never late, and on the node's own second."""
    life = lived(tmp_path)
    slot_s = phase("well") * 1800.0
    assert 0.0 < slot_s < PERIOD_S
    assert life.woke_s == pytest.approx([0.0, *(slot_s + PERIOD_S * boot for boot in range(BOOTS - 1))])


def test_halted_node_remembers_over_its_boots(tmp_path: Path) -> None:
    """Counters, joules and the rhythm of transmissions go on as if it had never been away."""
    life = lived(tmp_path)
    counters = life.apps[-1].health.counters
    assert (counters["cycles"], counters["samples"], counters["inferences"]) == (BOOTS, BOOTS, BOOTS)
    assert counters["transmissions"] == 1 + BOOTS * PERIOD_S / 1800.0  # a greeting, and the slots
    slept = life.apps[-1].ledger.accounts["sleep"]
    assert slept.seconds == pytest.approx((BOOTS - 1) * PERIOD_S + phase("well") * 1800.0, rel=0.05)
    assert slept.modelled_mj < BOOTS * PERIOD_S * 10.0


def test_halted_node_pays_for_its_shutdowns_and_boots(tmp_path: Path) -> None:
    """The books of a life hold what the planner weighed: each halt with its way down, and its way up again."""
    life = lived(tmp_path)
    app = life.apps[-1]
    off, slept, boot = app.ports.board.states["off"], app.ledger.accounts["sleep"], app.ledger.accounts["boot"]
    assert boot.measured_mj == 0.0
    assert boot.modelled_mj == pytest.approx((BOOTS - 1) * off.exit.energy_mj)
    assert boot.seconds == pytest.approx((BOOTS - 1) * off.exit.time_s)
    asleep_mj = (slept.seconds - BOOTS * off.enter.time_s) * off.power_mw
    assert slept.modelled_mj == pytest.approx(BOOTS * off.enter.energy_mj + asleep_mj)
    assert life.apps[0].ledger.accounts["boot"].modelled_mj == 0.0


def test_halted_node_loses_no_record(tmp_path: Path) -> None:
    """What was inferred before a halt is delivered after it, once."""
    life = lived(tmp_path)
    rows = [row for carrier in life.carriers for row in carrier.rows.items()]
    kept = life.apps[-1].health.counters["records_committed"]
    assert len(rows) == len(dict(rows)) >= BOOTS - 3
    assert {count for _, count in rows} == {1}
    assert kept > 0


def test_node_that_may_not_halt_stays_up(tmp_path: Path) -> None:
    """Negative control: by default the same node waits, and its machine runs on."""
    life = lived(tmp_path, NODE.replace('deepest = "off"\n', ""), boots=1)
    assert life.apps[0].ledger.accounts["sleep"].seconds == pytest.approx(PERIOD_S / 2, rel=0.05)
    assert life.apps[0].rest.plan(PERIOD_S).state == "light"


def test_node_whose_window_fills_from_wake_to_wake_is_not_halted(tmp_path: Path) -> None:
    """A halt would empty the window each time, and no inference would ever come of it."""
    text = NODE + '[start]\nchannels = ["temperature"]\n[[preprocess]]\npart = "window"\nsize = 4\n'
    path = tmp_path / "node.toml"
    path.write_text(text)
    assert not forgets_nothing(load_strictly(path))
