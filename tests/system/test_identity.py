"""The operator's way, by the commands alone: a site, a node that enrols, what it says arrives; then it is revoked."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.broker import MOSQUITTO, free_port
from tools.chaos.broker import Broker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NODE = """[node]
site = "orchard"
name = "pump"
board = "generic"
[sense.host]
part = "host"
[transmit]
interval_s = 1.0
[sleep]
period_s = 0.2
"""


def command(module: str, *words: str, told: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command as an operator would."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words], input=told, capture_output=True, text=True, check=False, timeout=120
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@contextmanager
def running(config: Path) -> Iterator[None]:
    """Keep a gateway running, from when it has met its broker."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "run", "--config", str(config)], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr
    try:
        for line in process.stderr:
            if "connected to" in line:
                break
        drain = threading.Thread(target=process.stderr.read, daemon=True)
        drain.start()
        yield
    finally:
        process.terminate()
        assert process.wait(30) == 0
        drain.join()
        process.stderr.close()


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")
def test_site_takes_a_node_in_and_lets_it_go(tmp_path: Path) -> None:
    """`init`, `node add`, `enrol`, and its records are stored; `node revoke`, and the broker is shut to it."""
    site, home = tmp_path / "site", tmp_path / "node"
    port, door = free_port(), free_port()
    gateway = ("--config", str(site / "gateway.toml"))
    assert command("gateway", "init", str(site), "--site", "orchard", "--port", str(port)).returncode == 0
    text = (site / "gateway.toml").read_text()
    assert "# enrol_port = 8884" in text
    (site / "gateway.toml").write_text(text.replace("# enrol_port = 8884", f"enrol_port = {door}"))
    home.mkdir()
    (home / "node.toml").write_text(NODE)
    node = ("--config", str(home / "node.toml"))
    with Broker(site / "mosquitto.conf", port), running(site / "gateway.toml"):
        token = command("gateway", "node", "add", "pump", *gateway).stdout
        enrolled = command("node", "enrol", "--gateway", f"127.0.0.1:{door}", *node, told=token)
        assert enrolled.returncode == 0, enrolled.stderr
        lines = enrolled.stdout[enrolled.stdout.index("[mqtt]") :].replace("8883", str(port))
        (home / "node.toml").write_text(NODE + lines)
        assert command("node", "run", "--cycles", "3", *node).returncode == 0
        status = json.loads(command("gateway", "status", "--json", *gateway).stdout)
        assert status["records_stored"] == 3
        assert "certificate until" in command("gateway", "node", "list", *gateway).stdout
        revoked = command("gateway", "node", "revoke", "pump", *gateway)
        assert revoked.returncode == 0, revoked.stderr
        refused = command("node", "run", "--cycles", "3", *node)
        assert "is the certificate revoked" in refused.stderr
        assert json.loads(command("gateway", "status", "--json", *gateway).stdout)["records_stored"] == 3
        assert "no certificate, 1 revoked" in command("gateway", "node", "list", *gateway).stdout
