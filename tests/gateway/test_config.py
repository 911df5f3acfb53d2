"""The configuration: every problem at once; and `init` writes one that has none."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import tomllib
from typing import TYPE_CHECKING

import pytest

from gateway import config
from gateway.__main__ import main
from gateway.errors import ConfigError
from gateway.setup import found
from tests.broker import Broker

if TYPE_CHECKING:
    from pathlib import Path

BAD = """
[site]
name = "Not A Name"
[mqtt]
port = 70000
cert_file = "missing.pem"
[ingest]
comit_ms = 3
rate_per_s = 0
[stores]
path = 1
"""


def test_read_bad_file_names_every_problem_with_path_value_and_what_is_valid(tmp_path: Path) -> None:
    """One run of `check` is enough to mend a file."""
    path = tmp_path / "gateway.toml"
    path.write_text(BAD)
    with pytest.raises(ConfigError) as caught:
        config.read(path)
    problems = {each.path: each.message for each in caught.value.problems}
    assert set(problems) == {"site.name", "mqtt.port", "ingest.comit_ms", "ingest.rate_per_s", "stores"}
    assert "70000" in problems["mqtt.port"]
    assert "65535" in problems["mqtt.port"]
    assert "commit_ms" in problems["ingest.comit_ms"]
    assert "Not A Name" in problems["site.name"]
    assert "store" in problems["stores"]


def test_read_half_a_certificate_is_a_problem(tmp_path: Path) -> None:
    """A rule across two options, and files that must be there."""
    path = tmp_path / "gateway.toml"
    path.write_text('[mqtt]\ncert_file = "missing.pem"\n')
    with pytest.raises(ConfigError) as caught:
        config.read(path)
    assert [each.path for each in caught.value.problems] == ["mqtt.cert_file", "mqtt.cert_file"]


@pytest.mark.parametrize(
    ("text", "where", "told"),
    [
        ("[aggregate]\nwindow_s = inf", "aggregate.window_s", "finite number"),
        ("[store]\nretain_days = nan", "store.retain_days", "finite number"),
        ('[store]\npath = "~no-such-user/gateway.db"', "store.path", "write the path in full"),
        ('[escalate]\nmodels = {a = "~no-such-user/a.onnx"}', "escalate.models.a", "write the path in full"),
        ("store = 3", "store", "got 3"),
        ("[escalate]\nmodels = 3", "escalate.models", "got 3"),
    ],
)
def test_read_value_that_no_part_could_live_with_is_a_problem(tmp_path: Path, text: str, where: str, told: str) -> None:
    """An endless window, a home of nobody, a number for a table: each is named, and none is a traceback."""
    path = tmp_path / "gateway.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        config.read(path)
    (problem,) = caught.value.problems
    assert (problem.path, told in problem.message) == (where, True), problem


def test_check_reads_the_schedule_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What would keep the gateway from starting is found before it is told to."""
    (tmp_path / "gateway.toml").write_text('[policy]\nschedule_file = "rules.toml"\n')
    (tmp_path / "rules.toml").write_text('[[rule]]\nname = "night"\nsettings = {"sleep.perod_s" = 1}\n')
    assert main(["check", "--config", str(tmp_path / "gateway.toml")]) == 2
    assert "rule[0].settings.sleep.perod_s: no such setting" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[site]\nname = 'orchard'\n"])
def test_read_little_takes_defaults_and_paths_of_its_folder(tmp_path: Path, text: str) -> None:
    """An empty file is a configuration; its database lies beside it."""
    path = tmp_path / "gateway.toml"
    path.write_text(text)
    assert config.read(path).store.path == tmp_path / "gateway.db"


def test_read_missing_or_broken_file_says_what_to_do(tmp_path: Path) -> None:
    """No traceback for a wrong path or a wrong bracket."""
    with pytest.raises(ConfigError, match="init DIR"):
        config.read(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("[site")
    with pytest.raises(ConfigError, match=r"bad\.toml"):
        config.read(tmp_path / "bad.toml")


@pytest.mark.parametrize("plain", [(), ("--plain",)], ids=["sealed", "plain"])
def test_init_writes_files_that_check_and_mosquitto_accept(tmp_path: Path, plain: tuple[str, ...]) -> None:
    """The generated broker starts, the generated configuration has no problem, and only the owner reads them."""
    broker = Broker(tmp_path)
    assert main(["init", str(tmp_path / "site"), "--site", "orchard", "--port", str(broker.port), *plain]) == 0
    assert main(["check", "--config", str(tmp_path / "site" / "gateway.toml")]) == 0
    text = (tmp_path / "site" / "mosquitto.conf").read_text()
    broker._config.write_text(text)
    with broker:
        for _ in range(500):  # it listens a moment before it minds signals
            if " running" in broker.log.read_text():
                break
            threading.Event().wait(0.02)
        broker.stop()
    kept = tmp_path / "site" / "broker" / "mosquitto.db"
    assert kept.exists(), "whoever starts the broker, it keeps its sessions"
    identity = tomllib.loads((tmp_path / "site" / "site.toml").read_text())
    assert identity["name"] == "orchard"
    assert len(identity["id"]) == 32
    for each in (*(tmp_path / "site").glob("*.*"), *(tmp_path / "site").glob("identity/*")):
        assert stat.S_IMODE(each.stat().st_mode) == 0o600


def test_init_twice_keeps_the_identity(tmp_path: Path) -> None:
    """What is there is left alone."""
    found.write(tmp_path, "orchard", found.Where(host="127.0.0.1", port=1883))
    before = (tmp_path / "site.toml").read_text()
    assert found.write(tmp_path, "orchard", found.Where(host="127.0.0.1", port=1884)) == []
    assert (tmp_path / "site.toml").read_text() == before


def test_init_tells_what_it_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second `init` is no silent success: each file is named as written or as left."""
    assert main(["init", str(tmp_path)]) == 0
    (tmp_path / "mosquitto.conf").unlink()
    capsys.readouterr()
    assert main(["init", str(tmp_path)]) == 0
    first, second, third, *_, last = capsys.readouterr().out.splitlines()
    assert first == f"{tmp_path / 'gateway.toml'} was there already, and is left as it is"
    assert second == str(tmp_path / "mosquitto.conf")
    assert third.endswith("is left as it is")
    assert last == f"{tmp_path / 'identity'} was there already, and is left as it is"


def test_init_over_a_plain_site_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An identity beside a broker that takes anybody would look like a sealed site; nothing is written."""
    assert main(["init", str(tmp_path), "--plain"]) == 0
    assert main(["init", str(tmp_path)]) == 2
    assert "made with --plain" in capsys.readouterr().err
    assert not (tmp_path / "identity").exists()


def test_config_that_is_not_there_names_the_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Most often it is there, in another folder."""
    assert main(["check", "--config", str(tmp_path / "gateway.toml")]) == 2
    told = capsys.readouterr().err
    assert "--config" in told
    assert "Errno" not in told


def test_init_broker_demands_certificates_unless_asked_not_to(tmp_path: Path) -> None:
    """Nobody is let in without a name, except on this very machine, for a try."""
    assert main(["init", str(tmp_path / "sealed")]) == 0
    assert main(["init", str(tmp_path / "plain"), "--plain"]) == 0
    sealed, plain = ((tmp_path / name / "mosquitto.conf").read_text().splitlines() for name in ("sealed", "plain"))
    assert {"require_certificate true", "allow_anonymous false", "listener 8883"} <= set(sealed)
    assert {"allow_anonymous true", "listener 1883 127.0.0.1"} <= set(plain)


def test_init_plain_broker_for_others_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An open broker on a network is no configuration that we write."""
    assert main(["init", str(tmp_path), "--plain", "--host", "192.168.1.10"]) == 2
    assert "--plain is for this machine alone" in capsys.readouterr().err
    assert not (tmp_path / "mosquitto.conf").exists()


@pytest.mark.parametrize(
    "line", ["max_queued_messages 1000000", "max_queued_bytes 0", "persistence true", "autosave_interval 30"]
)
def test_init_broker_has_the_limits_that_delivery_needs(tmp_path: Path, line: str) -> None:
    """Each of mosquitto's defaults loses messages without a word."""
    found.write(tmp_path, "orchard", found.Where(host="127.0.0.1", port=1883))
    assert line in (tmp_path / "mosquitto.conf").read_text().splitlines()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["init", "DIR", "--site", "Bad Name"], 2),
        (["check", "--config", "DIR/none"], 2),
        (["status", "--config", "DIR/none"], 2),
    ],
)
def test_main_wrong_configuration_exits_with_2(tmp_path: Path, arguments: list[str], code: int) -> None:
    """0 fine, 1 failed, 2 usage or configuration."""
    assert main([each.replace("DIR", str(tmp_path)) for each in arguments]) == code


def test_main_status_without_a_database_exits_with_1(tmp_path: Path) -> None:
    """The configuration is fine; there is nothing to tell yet."""
    (tmp_path / "gateway.toml").write_text("")
    assert main(["status", "--config", str(tmp_path / "gateway.toml")]) == 1


def test_main_into_a_pipe_that_nobody_reads_ends_without_a_word(tmp_path: Path) -> None:
    """As with `| head`: who reads has seen enough."""
    (tmp_path / "gateway.toml").write_text("")
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as pipe:  # noqa: PTH123 - a descriptor has no path
        done = subprocess.run(
            [sys.executable, "-m", "gateway", "unit", "--config", str(tmp_path / "gateway.toml")],
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")
