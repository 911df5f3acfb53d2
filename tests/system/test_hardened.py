"""Node and gateway at work under the restrictions of their own units; and what they keep to themselves."""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import os
import platform
import secrets
import signal
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from gateway import config as gateway_config
from gateway.setup import found
from gateway.setup import unit as gateway_unit
from node.config import load_strictly
from node.setup.unit import SERVICE, files
from tests.broker import MOSQUITTO, Broker, free_port
from tests.exposure import ANALYZE
from tests.imports import ROOT
from tests.restricted import LIBRARY
from tests.supervisor import Supervisor
from tools.chaos import disks
from tools.showcase.nodes import METER, ZOO

if TYPE_CHECKING:
    from collections.abc import Iterator


def _restricts() -> bool:
    """Whether this machine can restrict a process as systemd would."""
    numbers = [int("".join(filter(str.isdigit, each)) or 0) for each in platform.release().split(".")[:2]]
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        return False
    return ANALYZE is not None and numbers >= [6, 3]


needs_restrictions = pytest.mark.skipif(
    not _restricts(), reason="needs systemd-analyze, libseccomp and a kernel of 6.3 or later (PR_SET_MDWE)"
)
needs_broker = pytest.mark.skipif(
    MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto"
)

NODE: Final = """
[node]
site = "site"
name = "n1"
state_dir = "state"
board = "generic"
[record]
stream = "digits"
"""


def restricted(folder: Path, text: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a module under the restrictions of a unit."""
    path = folder / "restricted.service"
    path.write_text(text)
    return subprocess.run(
        [sys.executable, "-m", "tests.restricted", str(path), *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@needs_restrictions
def test_node_under_its_units_restrictions_infers_with_the_real_runtime(tmp_path: Path) -> None:
    """No call outside the filter, no memory both writable and executable: the int8 model still answers."""
    path = tmp_path / "node.toml"
    path.write_text(NODE + METER.format(zoo=ZOO))
    done = restricted(tmp_path, files(load_strictly(path), path)[SERVICE], "node", "run", "--cycles", "5")
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "state" / "health.json").read_text())
    assert (told["cycles"], told["inferences"], told["records_committed"]) == (5, 5, 5)
    assert told["reasons"] == {}


@needs_restrictions
def test_restrictions_that_are_none_are_seen(tmp_path: Path) -> None:
    """Negative control: under a unit that allows what the real one forbids, the proof before the work fails."""
    lax = "[Service]\nSystemCallFilter=@system-service\n"
    done = restricted(tmp_path, lax, "node", "check")
    assert (done.returncode, done.stderr.strip()) == (1, "nothing is restricted")


SECRET: Final = "correct-horse-" + secrets.token_hex(8)


def process_files(pid: int) -> Iterator[bytes]:
    """Read what other users, or whoever looks over a shoulder, may see of a process."""
    for name in ("cmdline", "environ", "status"):
        yield Path(f"/proc/{pid}/{name}").read_bytes()


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Broker]:
    """A broker that wants a name and a password."""
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "secret").chmod(0o600)
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "someone", SECRET], check=True)
    passwords.chmod(0o600)
    folder = tmp_path / "broker"
    folder.mkdir()
    with Broker(folder, (f"password_file {passwords}",)) as broker:
        config = (folder / "mosquitto.conf").read_text()
        assert "allow_anonymous true" in config
        broker.kill()
        (folder / "mosquitto.conf").write_text(config.replace("allow_anonymous true", "allow_anonymous false"))
        broker.start()
        yield broker


@needs_broker
def test_secrets_stand_in_no_argument_environment_or_log(tmp_path: Path, locked: Broker) -> None:
    """With the broker's password in a file, node and gateway get in, and nobody sees it on the way."""
    gateway, node = tmp_path / "gateway", tmp_path / "node"
    for each in (gateway, node):
        each.mkdir()
    login = f'port = {locked.port}\nusername = "someone"\npassword_file = "{tmp_path / "secret"}"\n'
    (gateway / "gateway.toml").write_text(f"[mqtt]\n{login}")
    (node / "node.toml").write_text(
        f'{NODE}[mqtt]\nhost = "127.0.0.1"\n{login}[sense.h]\npart = "host"\n'
        "[transmit]\ninterval_s = 0.2\n[sleep]\nperiod_s = 0.1\n"
    )
    serve = (sys.executable, "-m", "gateway", "--verbose", "run", "--config", "gateway.toml")
    sense = (sys.executable, "-m", "node", "run", "-vv", "--config", "node.toml")
    with Supervisor(serve, gateway, 60.0) as server, Supervisor(sense, node, 60.0) as sensor:
        rows = gateway / "gateway.db"
        assert server.until(lambda: len(disks.stored(rows, "n1").rows) > 3), server.log + sensor.log
        seen = b"".join((*process_files(server.pid), *process_files(sensor.pid)))
        assert b"node.toml" in seen
        assert b"gateway.toml" in seen
        sensor.end()
        server.end()
        logs, said = server.log + sensor.log, "\n".join(server.said + sensor.said)
    assert "connected to" in logs
    kept = [path.read_bytes() for path in node.glob("state/*")]
    assert [text for text in (seen, logs.encode(), said.encode(), *kept) if SECRET.encode() in text] == []


def open_files(folder: Path) -> dict[str, str]:
    """Return the files that anybody but their owner may read or write, with their modes; of a draft, its file's name.

    Node and gateway are at work: what is gone by the time it is looked at was a draft.
    """
    modes: dict[str, int] = {}
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            mode = path.stat().st_mode
            if stat.S_ISREG(mode):
                name = str(path.relative_to(folder)).removesuffix(".new")
                modes[name] = modes.get(name, 0) | stat.S_IMODE(mode)
    return {name: oct(mode) for name, mode in modes.items() if mode & 0o077}


@needs_broker
def test_files_of_a_node_and_a_gateway_are_their_owners_alone(tmp_path: Path) -> None:
    """Under the laxest umask: databases, desired state and configuration are 0600; health is for all to read."""
    before = os.umask(0)
    try:
        with Broker(broker_folder(tmp_path)) as broker:
            found.write(tmp_path / "site", "site", found.Where(host="127.0.0.1", port=broker.port))
            node = tmp_path / "node"
            node.mkdir()
            (node / "node.toml").write_text(
                f'{NODE}[mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\n[sense.h]\npart = "host"\n'
                "[transmit]\ninterval_s = 0.2\n[sleep]\nperiod_s = 0.1\n"
            )
            serve = (sys.executable, "-m", "gateway", "run", "--config", "gateway.toml")
            sense = (sys.executable, "-m", "node", "run", "--config", "node.toml")
            site = tmp_path / "site"
            with Supervisor(serve, site, 60.0) as server, Supervisor(sense, node, 60.0) as sensor:
                assert server.until(lambda: len(disks.stored(site / "gateway.db", "n1").rows) > 3), server.log
                assert sensor.until((node / "state" / "desired.cbor").exists), sensor.log
                for each in (sensor, server):
                    each.stop()
                modes = {**open_files(node / "state"), **open_files(site)}
                for each in (sensor, server):
                    each.stop(signal.SIGCONT)
                    each.end()
    finally:
        os.umask(before)
    drafts = {name.removesuffix(".new"): mode for name, mode in modes.items()}  # one may have been about to be moved
    assert {name: mode for name, mode in drafts.items() if not name.endswith((".log", "notify"))} == {
        "health.json": "0o644"
    }


def broker_folder(folder: Path) -> Path:
    """Return a folder for a broker's files."""
    path = folder / "mosquitto"
    path.mkdir()
    return path


@needs_restrictions
def test_gateway_under_its_units_restrictions_starts_and_stores(tmp_path: Path) -> None:
    """Its libraries load, its database is made, and a configuration without a broker only waits for one."""
    port = free_port()
    found.write(tmp_path / "site", "site", found.Where(host="127.0.0.1", port=port))
    path = tmp_path / "site" / "gateway.toml"
    text = gateway_unit.unit(gateway_config.read(path), path)
    (tmp_path / "gateway.service").write_text(text)
    command = (sys.executable, "-m", "tests.restricted", str(tmp_path / "gateway.service"), "gateway", "run")
    with Supervisor((*command, "--config", str(path)), tmp_path, 20.0) as gateway:
        assert gateway.until(lambda: gateway.said.count("WATCHDOG=1") > 1), gateway.log
        assert gateway.end() == 0, gateway.log
    assert (tmp_path / "site" / "gateway.db").exists()


@needs_restrictions
def test_gateway_under_its_units_restrictions_asks_a_model_in_a_process_of_its_own(tmp_path: Path) -> None:
    """A process may be spawned, limit itself, and run the real runtime; what restricts the gateway restricts it too."""
    found.write(tmp_path / "site", "site", found.Where(host="127.0.0.1", port=free_port()))
    path = tmp_path / "site" / "gateway.toml"
    text = gateway_unit.unit(gateway_config.read(path), path)
    model = ROOT / "tools" / "zoo" / "digits_standard_float.tflite"
    done = restricted(tmp_path, text, "tests.gateway.escalate.asking", str(model))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0].isdigit()
