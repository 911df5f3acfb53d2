"""The commands of a node, as processes: what they print, leave behind, import, and end with."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

import pytest

from node.__main__ import main
from node.wire import codec
from node.wire.messages import Health, Presence, State
from tests.broker import MOSQUITTO, Broker, free_port
from tests.node.transmit.worlds import TinyGateway

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEAVY: Final = {"numpy", "paho", "tenacity", "sqlite3", "asyncio", "ai_edge_litert", "tflite_runtime", "cbor2", "ssl"}
PATIENCE_S: Final = 60.0

NODE: Final = """
[node]
site = "orchard"
name = "pump"
board = "generic"
[mqtt]
host = "127.0.0.1"
port = {port}
receipt_wait_s = 0.2
[sense.air]
part = "replay"
path = "air.csv"
loop = true
[gate]
part = "send_on_delta"
channels = ["temperature"]
delta = 0.5
[sleep]
period_s = 0.01
"""

PROBE: Final = """
import json, sys
from node.__main__ import main
code = main(sys.argv[1:])
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
sys.exit(code)
"""


def written(folder: Path, more: str = "", *, port: int = 1, temperatures: str = "21.5 21.5") -> Path:
    """Write a node's files; by default nobody listens on its broker's port."""
    (folder / "air.csv").write_text("\n".join(["temperature", *temperatures.split(), ""]))
    path = folder / "node.toml"
    path.write_text(NODE.format(port=port) + more)
    return path


def counters(folder: Path) -> Mapping[str, int]:
    """Read what the node left on disk."""
    told: Mapping[str, int] = json.loads((folder / "state" / "health.json").read_text())
    return told


def test_run_once_gate_turns_down_imports_nothing_heavy(tmp_path: Path) -> None:
    """The second wake finds nothing new, and has paid for neither numpy nor paho, CBOR or SQLite."""
    path = written(tmp_path, port=free_port())
    wake = [sys.executable, "-c", PROBE, "run", "--once", "--config", str(path)]
    first = subprocess.run(wake, check=True, capture_output=True, text=True)
    assert HEAVY & set(json.loads(first.stdout)) >= {"paho", "sqlite3", "cbor2"}, "the control: an open gate does"
    second = subprocess.run(wake, check=True, capture_output=True, text=True)
    assert HEAVY & set(json.loads(second.stdout)) == set()
    told = counters(tmp_path)
    assert (told["cycles"], told["gated_out"], told["records_committed"]) == (2, 1, 1)


def test_run_dry_tells_what_would_go_out_and_leaves_nothing(tmp_path: Path) -> None:
    """Nobody is dialled, no file stays, and each message has a line."""
    home, scratch = tmp_path / "home", tmp_path / "scratch"
    home.mkdir()
    scratch.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        path = written(home, port=nobody.getsockname()[1], temperatures="1 2 3 4 5")
        before = sorted(home.iterdir())
        command = [sys.executable, "-m", "node", "run", "--dry-run", "--cycles", "5", "--config", str(path)]
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, env={**os.environ, "TMPDIR": str(scratch)}
        )
        nobody.setblocking(False)
        with pytest.raises(BlockingIOError):
            nobody.accept()
    assert sorted(home.iterdir()) == before
    assert list(scratch.iterdir()) == []
    topics = {line.split()[0] for line in done.stdout.splitlines()}
    assert topics == {f"torpor/1/orchard/pump/{kind}" for kind in ("presence", "results", "health", "reported")}


def test_run_dry_once_tells_its_one_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A single dry wake has no later one that could send what it kept: it is told at once."""
    path = written(tmp_path, "[transmit]\ninterval_s = 900.0\n")
    assert main(["run", "--dry-run", "--once", "--config", str(path)]) == 0
    assert "torpor/1/orchard/pump/results" in capsys.readouterr().out


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")
def test_run_with_a_bad_section_reports_it_and_sigterm_ends_in_order(tmp_path: Path) -> None:
    """The node boots in spite of its gate's typo, says so over the air, and says goodbye when it is asked to end."""
    with Broker(tmp_path) as broker:
        gateway = TinyGateway(broker.port)
        gateway.accepts = lambda _: False
        path = written(tmp_path, port=broker.port)
        path.write_text(path.read_text().replace("send_on_delta", "send_on_dleta") + "[transmit]\ninterval_s = 0.2\n")
        node = subprocess.Popen([sys.executable, "-m", "node", "run", "--config", str(path)], stderr=subprocess.PIPE)
        try:
            health = codec.decode("health", heard(gateway, "health"))
            assert isinstance(health, Health)
            assert "did you mean 'send_on_delta'" in health.disabled["gate"]
            until_state(gateway, State.READY)
            node.send_signal(signal.SIGTERM)
            _, said = node.communicate(timeout=PATIENCE_S)
        finally:
            node.kill()
            node.wait()
        assert node.returncode == 0, said
        assert b"this part is left out" in said
        until_state(gateway, State.DISCONNECTED)
        gateway.close()


def until_state(gateway: TinyGateway, state: State) -> None:
    """Listen until the node says that it is there, or gone."""
    deadline_s = time.monotonic() + PATIENCE_S
    presence: object = None
    while not (isinstance(presence, Presence) and presence.state is state):
        assert time.monotonic() < deadline_s, f"not {state} within {PATIENCE_S:g} s, but {presence}"
        gateway.turn(0.05)
        presence = codec.decode("presence", heard(gateway, "presence"))


def heard(gateway: TinyGateway, kind: str) -> bytes:
    """Wait for a message of a kind; returns the newest."""
    deadline_s = time.monotonic() + PATIENCE_S
    while kind not in gateway.states:
        assert time.monotonic() < deadline_s, f"no {kind} within {PATIENCE_S:g} s"
        gateway.turn(0.05)
    return gateway.states[kind]


def test_check_prints_every_error_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One run shows all that is wrong, each with its path and what would be valid; the exit code is 2."""
    path = written(tmp_path, "[slep]\nperiod_s = 1\n[transmit]\ninterval_s = -1\nawake = 3\n")
    path.write_text(path.read_text().replace('"replay"', '"reply"'))
    assert main(["check", "--config", str(path)]) == 2
    told = capsys.readouterr().err
    assert "4 problem(s)" in told
    for each in ("slep: no 'slep'", "sense.air.part: no 'reply'", "transmit.interval_s: -1", "transmit.awake: no"):
        assert each in told


def test_check_of_a_fine_file_prints_the_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before a node has run the plan says that it assumes; afterwards it goes by the node's own counters."""
    path = written(tmp_path, port=free_port())
    path.write_text(path.read_text().replace('board = "generic"', 'board = "sim"\nbattery_wh = 20.0'))
    assert main(["check", "--config", str(path)]) == 0
    told = capsys.readouterr().out
    assert "assumptions, until the node has run" in told
    assert "battery" in told
    assert "days" in told
    assert "sleeps in      idle: " in told
    assert "radio          wlan0, 2000 mJ to join" in told
    assert main(["run", "--cycles", "12", "--config", str(path)]) == 0
    assert main(["check", "--config", str(path)]) == 0
    assert "from this node's own counters" in capsys.readouterr().out


def test_status_tells_what_the_node_last_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A node that never ran has no status, and that is a failure; one that did has its counters."""
    path = written(tmp_path, port=free_port())
    assert main(["status", "--config", str(path)]) == 1
    assert f"no status in {tmp_path / 'state'}" in capsys.readouterr().err
    assert main(["run", "--cycles", "3", "--config", str(path)]) == 0
    capsys.readouterr()
    assert main(["status", "--config", str(path)]) == 0
    page = capsys.readouterr().out
    assert "3 cycles; 0 of 1 records receipted" in page
    assert "not well   link: " in page
    assert main(["status", "--json", "--config", str(path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["cycles"] == 3
    assert "memory" not in told


@pytest.mark.parametrize("arguments", [["walk"], ["run", "--cycles", "0"], ["run", "--cycles", "many"], []])
def test_main_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be meant is refused with the usage, before anything is opened."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: torpor-node" in capsys.readouterr().err


def test_run_without_a_file_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A path that leads nowhere is the operator's to mend."""
    assert main(["run", "--config", str(tmp_path / "nowhere.toml")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_unit_into_a_pipe_that_nobody_reads_ends_without_a_word(tmp_path: Path) -> None:
    """As with `| head`: who reads has seen enough."""
    (tmp_path / "node.toml").write_text('[node]\nsite = "orchard"\nname = "pump"\n[sense.air]\npart = "signal"\n')
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as pipe:  # noqa: PTH123 - a descriptor has no path
        done = subprocess.run(
            [sys.executable, "-m", "node", "unit", "--config", str(tmp_path / "node.toml")],
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")
