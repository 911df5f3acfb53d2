"""The doctor: it looks at everything, and nothing that it finds stops it."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Final

from node.__main__ import main
from node.setup.doctor import Finding, examine, table
from tests.imports import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PUMP: Final = 96
"""Numbers in a window of the zoo's pump model."""

NODE: Final = """
[node]
site = "orchard"
name = "pump"
board = "generic"
[mqtt]
host = "127.0.0.1"
port = {port}
[sense.air]
part = "replay"
path = "air.csv"
"""


def findings(
    folder: Path, *, port: int, air: str | None = "temperature\n21.5\n", more: str = "", sense: str = ""
) -> dict[str, Finding]:
    """Examine a node in a folder."""
    folder.mkdir(exist_ok=True)
    if air is not None:
        (folder / "air.csv").write_text(air)
    (folder / "node.toml").write_text(NODE.format(port=port) + sense + more)
    return {finding.what: finding for finding in examine(folder / "node.toml", folder)}


def test_doctor_broker_there_sensor_there_is_fine(tmp_path: Path) -> None:
    """What works is shown with its value."""
    with socket.create_server(("127.0.0.1", 0)) as broker:
        found = findings(tmp_path, port=broker.getsockname()[1])
    assert found["sense.air"] == Finding(what="sense.air", mark="ok", told="temperature 21.5")
    assert found["broker"].mark == "ok"
    assert "MB free" in found["state"].told
    assert {finding.mark for finding in found.values()} <= {"ok", "warn"}


def test_doctor_nobody_listens_names_the_broker(tmp_path: Path) -> None:
    """A refused connection is a failure with the address."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    broker = findings(tmp_path, port=port)["broker"]
    assert broker.mark == "FAIL"
    assert f"127.0.0.1:{port}" in broker.told


def test_doctor_sensor_that_cannot_be_opened_does_not_hide_the_rest(tmp_path: Path) -> None:
    """One probe that is not there is one line; the broker is looked at all the same."""
    found = findings(tmp_path, port=1, air=None)
    assert found["sense.air"].mark == "FAIL"
    assert "air.csv" in found["sense.air"].told
    assert "broker" in found


def test_doctor_names_channels_that_nobody_gives(tmp_path: Path) -> None:
    """A gate over a misspelt channel would be silent for ever; so would a model."""
    gate = '[gate]\npart = "send_on_delta"\nchannels = ["temprature"]\ndelta = 0.5\n'
    found = findings(tmp_path, port=1, more=gate + '[start]\nchannels = ["temperature", "humidity"]\n')
    assert found["gate"] == Finding(what="gate", mark="FAIL", told="no sensor gives temprature; there are: temperature")
    assert found["start"].told == "no sensor gives humidity; there are: temperature"
    fine = findings(tmp_path, port=1, more=gate.replace("temprature", "temperature"))
    assert "gate" not in fine
    silent = findings(tmp_path / "gone", port=1, air=None, more=gate)
    assert "gate" not in silent, "what an absent sensor would give is not known"


def test_doctor_gives_up_a_sensor_that_hangs(tmp_path: Path) -> None:
    """Whoever asks why a node is silent is not kept waiting by the chip that keeps the node waiting."""
    os.mkfifo(tmp_path / "air.csv")  # nobody writes: opening it hangs, in the kernel
    node = findings(tmp_path, port=1, air=None, sense="timeout_s = 0.05\n")
    (tmp_path / "air.csv").write_text("")  # the thread that waited goes on, and ends
    assert node["sense.air"].mark == "FAIL"
    assert "no answer within 0.05 s" in node["sense.air"].told
    assert "broker" in node


def test_doctor_names_what_is_kept_or_judged_and_nobody_gives(tmp_path: Path) -> None:
    """A column that was misspelt would be NaN for ever, or not be there."""
    found = findings(
        tmp_path, port=1, more='[record]\nkeep = ["temprature"]\n[infer]\npart = "readings"\nchannels = ["humidity"]\n'
    )
    assert found["record"].told == "no sensor gives temprature; there are: temperature"
    assert found["infer"] == Finding(what="infer", mark="ok", told="readings")
    assert [each.told for each in examine(tmp_path / "node.toml", tmp_path) if each.what == "infer"] == [
        "no sensor gives humidity; there are: temperature",
        "readings",
    ]


def test_doctor_names_two_sensors_that_give_one_channel(tmp_path: Path) -> None:
    """Only one of them would be recorded, whichever is read last."""
    found = findings(tmp_path, port=1, more='[sense.soil]\npart = "signal"\nchannel = "temperature"\n')
    assert found["sense.soil"].mark == "FAIL"
    assert found["sense.soil"].told.startswith("air gives temperature too")


def test_doctor_loads_the_model(tmp_path: Path) -> None:
    """A model that is damaged, or that its preprocessing does not fit, is found before the first window finds it."""
    engine = f'[infer]\npart = "tflite"\nmodel = "{ROOT / "tools" / "zoo" / "pump_int8.tflite"}"\n'
    start = '[start]\nchannels = ["temperature"]\n'
    window = '[[preprocess]]\npart = "window"\nsize = {}\n'
    assert findings(tmp_path, port=1, more=engine + start + window.format(PUMP))["infer"].mark == "ok"
    unfit = findings(tmp_path, port=1, more=engine + start + window.format(PUMP + 1))["infer"]
    assert unfit.mark == "FAIL"
    assert f"got ({PUMP + 1},): mend the preprocess chain" in unfit.told
    (tmp_path / "bad.tflite").write_bytes(b"\0" * 2_000)
    bad = findings(tmp_path, port=1, more=start + '[infer]\npart = "tflite"\nmodel = "bad.tflite"\n')
    assert bad["infer"].mark == "FAIL"
    assert "not a TFLite model" in bad["infer"].told


def test_doctor_bad_file_still_shows_the_machine(tmp_path: Path) -> None:
    """What is wrong in the file stands beside what the machine has."""
    found = findings(tmp_path, port=1, more='[gate]\npart = "nope"\n')
    assert found["configuration"].mark == "FAIL"
    assert "gate.part" in found["configuration"].told
    assert {"Python", "ML runtime", "I2C", "GPIO", "board", "clock"} <= found.keys()
    (tmp_path / "node.toml").write_text("[node\n")
    whats = [finding.what for finding in examine(tmp_path / "node.toml", tmp_path)]
    assert whats[0] == "Python"
    assert whats[-1] == "configuration"


def test_doctor_finds_the_devices_of_a_board(tmp_path: Path) -> None:
    """Buses are told by their device files."""
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "i2c-1").touch()
    found = findings(tmp_path, port=1)
    assert found["I2C"].told == "dev/i2c-1"
    assert found["SPI"].told == "none here"


def test_table_lays_out_one_line_a_finding() -> None:
    """The column of words is as wide as the widest."""
    told = table([Finding(what="a", mark="ok", told="x"), Finding(what="longer", mark="FAIL", told="y")])
    assert told == "  ok  a       x\nFAIL  longer  y"


def test_doctor_command_fails_with_the_worst_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1 where anything fails, so that a provisioning script can stop."""
    findings(tmp_path, port=1)
    assert main(["doctor", "--config", str(tmp_path / "node.toml")]) == 1
    told = capsys.readouterr().out
    assert "FAIL  broker" in told
    assert "temperature 21.5" in told
