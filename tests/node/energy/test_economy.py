"""A node's household of joules, apart from any node."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from boards import open_ports
from node.energy.economy import Economy
from node.hal import Metering
from node.health import Health
from node.options import Spec
from node.sleep.dvfs import Params
from node.values import Nap, Traffic
from tests.node.sleep.test_ledger import Bench
from tests.node.sleep.test_pace import POINTS, Dials

if TYPE_CHECKING:
    from pathlib import Path


def waiting(gap_s: float) -> Nap:
    """Wait through any gap."""
    return Nap(duration_s=gap_s, state="idle", reason="")


def test_economy_stored_is_taken_up_by_the_next(tmp_path: Path) -> None:
    """Single wakes go on; a start that stays adds what was before to its life."""
    ports = open_ports("sim", clock="virtual")
    first = Economy(ports, Params(), tmp_path, plan=waiting)
    first.begin(single=True)
    first.ledger.spend("sense", 1.0)
    first.store()
    second = Economy(ports, Params(), tmp_path, plan=waiting)
    second.begin(single=True)
    assert second.ledger.energy_mj() == first.ledger.energy_mj()
    third = Economy(ports, Params(), tmp_path, plan=waiting)
    third.begin(single=False)
    assert third.ledger.energy_mj() == {}
    assert third.ledger.snapshot()["energy_life_mj"] == pytest.approx(first.ledger.total_mj())


def test_economy_of_a_single_wake_opens_only_what_was_asked_for(tmp_path: Path) -> None:
    """A wake is over before a meter is found: none is looked for, and no clock touched, unless the operator says so."""
    asked: list[str] = []

    def open_meter(_chosen: Spec | None) -> Metering:
        asked.append("meter")
        return Metering(silent={"bench": "not here"})

    def open_throttle() -> Dials:
        asked.append("throttle")
        return Dials()

    ports = replace(open_ports("sim", clock="virtual"), open_meter=open_meter, open_throttle=open_throttle)
    health = Health({})
    usual = Economy(ports, Params(), tmp_path, plan=waiting)
    usual.begin(single=True)
    usual.set_clocks(health, 60.0)
    assert asked == []
    told = Economy(ports, Params(mode="powersave"), tmp_path, plan=waiting, meter=Spec("bench", "", None))
    told.begin(single=True)
    told.set_clocks(health, 60.0)
    assert asked == ["meter", "throttle"]
    assert told.meter_trouble == "not here"


def test_economy_books_work_at_the_clocks_that_were_set(tmp_path: Path) -> None:
    """At the lowest clock a second of work is cheaper; where the processor refuses, it is not."""
    drawn_mw = []
    for refused in ({}, {"cpu": "no DVFS here"}):
        ports = replace(open_ports("sim", clock="virtual"), open_throttle=partial(Dials, refused=refused))
        economy = Economy(ports, Params(mode="powersave"), tmp_path, plan=waiting)
        economy.begin(single=True)
        economy.set_clocks(Health({}), 60.0)
        economy.ledger.spend("infer", 1.0)
        drawn_mw.append(economy.ledger.total_mj())
    slow_mw, fast_mw = (point.busy_mw - 600.0 for point in POINTS)
    assert drawn_mw == pytest.approx([600.0 + 1150.0 * slow_mw / fast_mw, 1750.0])


def test_economy_at_its_end_lets_the_meter_rest_and_the_clocks_go(tmp_path: Path) -> None:
    """Whatever it set is put back."""
    bench, dials, health = Bench(), Dials(refused={"gpu": "none here"}), Health({})
    ports = replace(
        open_ports("sim", clock="virtual"),
        open_meter=lambda _: Metering(name="bench", meter=bench),
        open_throttle=lambda: dials,
    )
    economy = Economy(ports, Params(mode="performance"), tmp_path, plan=waiting)
    economy.begin(single=False)
    economy.set_clocks(health, 60.0)
    watched = [bench.watched]
    assert health.reasons == {"dvfs": "gpu: none here"}
    economy.close()
    assert [*watched, bench.watched] == [True, False]
    assert dials.modes == ["performance", None]


def test_economy_without_clocks_leaves_what_is_wrong_with_its_section(tmp_path: Path) -> None:
    """A `[dvfs]` that was left out stays in health, with its reason."""
    health = Health({})
    health.reasons["dvfs"] = "dvfs.mode: 'warp' is not one of 'keep', 'auto'"
    Economy(open_ports("sim", clock="virtual"), Params(), tmp_path, plan=waiting).set_clocks(health, 60.0)
    assert "dvfs" in health.reasons


def test_economy_pays_for_joining_again_after_a_nap_that_silenced_the_radio(tmp_path: Path) -> None:
    """A nap that keeps the network costs no second joining; one in which the radio is off does."""
    ports = open_ports("sim", clock="virtual")
    assert ports.open_radio
    radio = ports.open_radio()
    assert radio
    nap = Nap(duration_s=60.0, state="light", reason="")
    paid = []
    for silent in (False, True):
        economy = Economy(ports, Params(), tmp_path, plan=waiting)
        for _ in range(2):
            economy.carried(Traffic(connections=1, packets=10))
            economy.slept(nap, 60.0, silent=silent)
        paid.append(economy.ledger.energy_mj()["transmit"][1])
    joined = radio.join.energy_mj + 20 * radio.packet_mj
    assert paid == pytest.approx([joined, joined + radio.join.energy_mj])


def test_economy_without_figures_of_a_radio_looks_for_them_once(tmp_path: Path) -> None:
    """A machine without one of the board's radios books no joules for it, and opens nothing before traffic."""
    asked: list[str] = []
    ports = replace(open_ports("sim", clock="virtual"), open_radio=lambda: asked.append("radio"))
    economy = Economy(ports, Params(), tmp_path, plan=waiting)
    economy.slept(Nap(duration_s=1.0, state="light", reason=""), 1.0, silent=True)
    assert asked == []
    for _ in range(2):
        economy.carried(Traffic(connections=1, packets=10))
    assert asked == ["radio"]
    assert "transmit" not in economy.ledger.energy_mj()
