"""Where a node's joules went: kept, asked for, and told to subscribers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gateway.config import Presence as Params
from gateway.publish.energy import account
from gateway.store import queries
from node.wire.messages import Health
from tests.gateway.world import BOOT, NOW_MS, open_site, sent

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.outgoing import Outgoing


def health(measured_mj: float, **more: object) -> Health:
    """Return a health message of a node whose inference was measured, and whose nap was not."""
    values: dict[str, object] = {
        "energy_mj": {"infer": (measured_mj, 100.0), "sleep": (0.0, 2500.0)},
        "gauges": {"energy_life_mj": 9000.0, "inferences_per_joule": 0.4},
        "info": {"board": "rpi-5", "meter": "rpi5_pmic", "meter_scope": "rails", "meter_quality": "measured"},
    }
    return Health(boot_id=BOOT, time_ms=NOW_MS, uptime_s=60.0, **(values | more))  # type: ignore[arg-type]  # as built


def told(outgoing: list[Outgoing]) -> list[dict[str, object]]:
    """Return what is retained of energy."""
    return [json.loads(each.payload) for each in outgoing if each.topic.endswith("/energy") and each.retain]


def test_account_keeps_measured_and_modelled_apart() -> None:
    """Two sums, by stage and in all, and the meter that the first are from."""
    body = account("n1", NOW_MS, health(1500.0))
    assert (body["measured_j"], body["modelled_j"], body["life_j"]) == (1.5, 2.6, 9.0)
    assert body["stages"] == {
        "infer": {"measured_j": 1.5, "modelled_j": 0.1},
        "sleep": {"measured_j": 0.0, "modelled_j": 2.5},
    }
    assert body["meter"] == {"name": "rpi5_pmic", "scope": "rails", "quality": "measured"}
    assert body["inferences_per_joule"] == 0.4


def test_account_of_a_node_without_a_meter_names_none() -> None:
    """All of it is modelled, by the figures of the board that is named."""
    body = account("n1", NOW_MS, health(0.0, info={"board": "sim"}, gauges={}))
    assert (body["meter"], body["board"], body["life_j"]) == (None, "sim", None)


def test_site_tells_subscribers_at_once_and_again_after_a_restart(tmp_path: Path) -> None:
    """The newest message of each node counts; a broker that lost it is told again."""
    site = open_site(tmp_path)
    first = told(site.commit([sent(health(1000.0)), sent(health(2000.0), node="n2")], NOW_MS))
    assert [(each["node"], each["measured_j"]) for each in first] == [("n1", 1.0), ("n2", 2.0)]
    site.commit([sent(health(1800.0))], NOW_MS + 60_000)
    again = told(open_site(tmp_path).repeat(NOW_MS + 120_000))
    assert [(each["node"], each["measured_j"]) for each in again] == [("n1", 1.8), ("n2", 2.0)]
    assert again[0]["received_ms"] == NOW_MS + 60_000


def test_status_answers_for_every_node(tmp_path: Path) -> None:
    """Read beside a running gateway."""
    open_site(tmp_path).commit([sent(health(1500.0))], NOW_MS)
    energy = queries.status(tmp_path / "gateway.db", Params(), NOW_MS)["energy"]
    assert isinstance(energy, dict)
    assert energy["n1"]["measured_j"] == pytest.approx(1.5)
