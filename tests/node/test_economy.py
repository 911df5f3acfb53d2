"""A node's household of joules, apart from any node."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from boards import open_ports
from node.economy import Economy
from node.hal import Metering
from node.health import Health
from node.sleep.dvfs import Params
from node.values import Nap, Traffic
from tests.node.sleep.test_ledger import Bench
from tests.node.sleep.test_pace import Dials

if TYPE_CHECKING:
    from pathlib import Path


def test_economy_stored_is_taken_up_by_the_next(tmp_path: Path) -> None:
    """Single wakes go on; a start that stays adds what was before to its life."""
    ports = open_ports("sim", clock="virtual")
    first = Economy(ports, Params(), tmp_path)
    first.begin(single=True)
    first.ledger.spend("sense", 1.0)
    first.store()
    second = Economy(ports, Params(), tmp_path)
    second.begin(single=True)
    assert second.ledger.energy_mj() == first.ledger.energy_mj()
    third = Economy(ports, Params(), tmp_path)
    third.begin(single=False)
    assert third.ledger.energy_mj() == {}
    assert third.ledger.snapshot()["energy_life_mj"] == pytest.approx(first.ledger.total_mj())


def test_economy_of_a_single_wake_opens_nothing(tmp_path: Path) -> None:
    """Neither meter nor clocks: a wake is over before they are found."""
    asked: list[str] = []
    ports = replace(
        open_ports("sim", clock="virtual"),
        open_meter=lambda _: asked.append("meter"),  # type: ignore[arg-type,return-value]  # never called
        open_throttle=lambda: asked.append("throttle"),  # type: ignore[arg-type,return-value]  # nor this
    )
    economy = Economy(ports, Params(mode="powersave"), tmp_path)
    economy.begin(single=True)
    economy.set_clocks(Health({}), 60.0)
    assert asked == []


def test_economy_at_its_end_lets_the_meter_rest_and_the_clocks_go(tmp_path: Path) -> None:
    """Whatever it set is put back."""
    bench, dials, health = Bench(), Dials(refused={"gpu": "none here"}), Health({})
    ports = replace(
        open_ports("sim", clock="virtual"),
        open_meter=lambda _: Metering(name="bench", meter=bench),
        open_throttle=lambda: dials,
    )
    economy = Economy(ports, Params(mode="performance"), tmp_path)
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
    Economy(open_ports("sim", clock="virtual"), Params(), tmp_path).set_clocks(health, 60.0)
    assert "dvfs" in health.reasons


def test_economy_pays_for_joining_again_after_a_nap_that_silenced_the_radio(tmp_path: Path) -> None:
    """On the sim board, a light nap keeps the network; one that saves Wi-Fi gives it up."""
    ports = open_ports("sim", clock="virtual")
    assert ports.open_radio
    radio = ports.open_radio()
    assert radio
    nap = Nap(duration_s=60.0, state="light", reason="")
    paid = []
    for savings in ((), ("wifi",)):
        economy = Economy(ports, Params(), tmp_path, savings=savings)
        for _ in range(2):
            economy.carried(Traffic(connections=1, packets=10))
            economy.slept(nap, 60.0)
        paid.append(economy.ledger.energy_mj()["transmit"][1])
    joined = radio.join.energy_mj + 20 * radio.packet_mj
    assert paid == pytest.approx([joined, joined + radio.join.energy_mj])


def test_economy_without_figures_of_a_radio_looks_for_them_once(tmp_path: Path) -> None:
    """A machine without one of the board's radios books no joules for it, and opens nothing before traffic."""
    asked: list[str] = []
    ports = replace(open_ports("sim", clock="virtual"), open_radio=lambda: asked.append("radio"))
    economy = Economy(ports, Params(), tmp_path)
    economy.slept(Nap(duration_s=1.0, state="light", reason=""), 1.0)
    assert asked == []
    for _ in range(2):
        economy.carried(Traffic(connections=1, packets=10))
    assert asked == ["radio"]
    assert "transmit" not in economy.ledger.energy_mj()
