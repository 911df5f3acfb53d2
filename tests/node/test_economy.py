"""A node's household of joules, apart from any node."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from boards import open_ports
from node.economy import Economy
from node.health import Health
from node.sleep.dvfs import Params
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
        open_meter=lambda: asked.append("meter"),
        open_throttle=lambda: asked.append("throttle"),  # type: ignore[arg-type,return-value]  # never called
    )
    economy = Economy(ports, Params(mode="powersave"), tmp_path)
    economy.begin(single=True)
    economy.set_clocks(Health({}), 60.0)
    assert asked == []


def test_economy_at_its_end_lets_the_meter_rest_and_the_clocks_go(tmp_path: Path) -> None:
    """Whatever it set is put back."""
    bench, dials, health = Bench(), Dials(refused={"gpu": "none here"}), Health({})
    ports = replace(open_ports("sim", clock="virtual"), open_meter=lambda: bench, open_throttle=lambda: dials)
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
