"""The joules of every node, from its ledger through health, ingest and the store to a person."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from boards import open_ports
from gateway.__main__ import main
from gateway.store import queries
from node.app import App
from node.config import load_strictly
from node.wire.messages import Health
from tests.gateway.world import BOOT, NOW_MS, open_site, sent
from tests.node.courier import Carrier

if TYPE_CHECKING:
    from pathlib import Path

    from boards.sim.clock import VirtualClock
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox

NODE = """
[node]
site = "site"
name = "attic"
board = "sim"
[sense.air]
part = "signal"
channel = "temperature"
offset = 20.0
[transmit]
interval_s = 300.0
[sleep]
period_s = 60.0
"""
HEALTH = Health(
    boot_id=BOOT,
    time_ms=NOW_MS,
    uptime_s=7200.0,
    energy_mj={"infer": (3000.0, 0.0), "sleep": (0.0, 1000.0), "shuffle": (0.0, 0.0)},
    gauges={
        "inferences_per_joule": 2.5,
        "latency_p50_ms": 12.0,
        "latency_p95_ms": 30.0,
        "network_mj_per_inference": 40.0,
        "energy_life_mj": 9000.0,
    },
    info={"board": "rpi5", "meter": "rpi5_pmic"},
)


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A gateway's folder, with a node that measures and one that has said nothing but that it lives."""
    site = open_site(tmp_path)
    site.commit([sent(HEALTH, node="n2"), sent(Health(boot_id=BOOT, time_ms=NOW_MS, uptime_s=1.0))], NOW_MS)
    (tmp_path / "gateway.toml").write_text("")
    return tmp_path


def test_read_real_node_tells_what_its_ledger_holds(tmp_path: Path) -> None:
    """From the ledger of a node on the virtual clock over the wire into the store, and nothing is changed by it."""
    (tmp_path / "node.toml").write_text(NODE)
    ports = open_ports("sim", clock="virtual")
    clock: VirtualClock = ports.clock  # type: ignore[assignment]  # asked for by name
    carriers: list[Carrier] = []

    def carry(outbox: Outbox, inbox: Inbox) -> Carrier:
        carriers.append(Carrier(outbox, inbox, clock.advance))
        return carriers[-1]

    app = App(load_strictly(tmp_path / "node.toml"), ports=ports, carry=carry)
    app.run(cycles=30)
    site = open_site(tmp_path)
    healths = [each for each in carriers[0].said if isinstance(each, Health)]
    site.commit([sent(each, node="attic") for each in healths], NOW_MS)
    with queries.reading(tmp_path / "gateway.db") as database:
        told = queries.energies(database)["attic"]
    assert told["stages"].keys() == healths[-1].energy_mj.keys()  # type: ignore[attr-defined]  # a table by stage
    assert told["modelled_j"] == pytest.approx(app.ledger.total_mj() / 1e3, rel=0.02)
    for name in ("inferences_per_joule", "network_mj_per_inference", "latency_p50_ms", "latency_p95_ms"):
        assert told[name] == healths[-1].gauges[name]


def test_energy_command_prints_a_line_a_node(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In joules, a dash for what was not told, and a column for a stage that only a newer node has."""
    assert main(["energy", "--config", str(folder / "gateway.toml")]) == 0
    titles, silent, told = capsys.readouterr().out.splitlines()
    assert titles.split()[:3] == ["node", "up", "h"]
    assert "shuffle J" in titles
    assert told.split() == ["n2", "2.0", "3", "1", "0", "4", "75%", "2.5", "12", "30", "40", "rpi5", "rpi5_pmic"]
    assert silent.split() == ["n1", "0.0", "-", "-", "-", "0", "-", "-", "-", "-", "-", "-", "-"]


def test_energy_command_lets_no_node_steer_the_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a node says of its board, its meter and its stages is shown, and does nothing."""
    hostile = replace(HEALTH, info={"board": "pi\x1b[2J", "meter": "m\r\n"}, energy_mj={"infer\x9b2J": (1.0, 0.0)})
    open_site(folder).commit([sent(hostile, node="n2")], NOW_MS)
    assert main(["energy", "--config", str(folder / "gateway.toml")]) == 0
    told = capsys.readouterr().out
    assert all(each.isprintable() or each == "\n" for each in told)
    assert (r"pi\x1b[2J" in told, told.count("\n")) == (True, 3)


def test_energy_command_for_programs_is_one_object(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By node, and what was not told is not there."""
    assert main(["energy", "--json", "--config", str(folder / "gateway.toml")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["n2"]["stages"]["infer"] == {"measured_j": 3.0, "modelled_j": 0.0}
    assert told["n2"]["latency_p95_ms"] == 30.0
    assert "inferences_per_joule" not in told["n1"]


def test_energy_command_of_a_new_gateway_says_that_nobody_spoke(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty table would look like a fault."""
    open_site(tmp_path)
    (tmp_path / "gateway.toml").write_text("")
    assert main(["energy", "--config", str(tmp_path / "gateway.toml")]) == 0
    assert capsys.readouterr().out == "no node has told its health yet\n"
