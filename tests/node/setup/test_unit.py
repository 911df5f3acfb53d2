"""The node's systemd unit: as narrow as its configuration lets it be."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from boards.sleeping.order import WISH
from node.__main__ import main
from node.config import load_strictly
from node.setup.unit import HALT, LEAST_WATCHDOG_S, LENT, SERVICE, files
from tests.exposure import MOST, complaints, exposure, needs_analyze, settings

if TYPE_CHECKING:
    from pathlib import Path

NODE = '[node]\nsite = "s"\nname = "n1"\nstate_dir = "state"\n[sense.h]\npart = "host"\n'
DEEP = NODE + '[sleep]\ndeepest = "halt"\n[dvfs]\nmode = "auto"\n'
WIDEST = DEEP.replace("[dvfs]", 'savings = ["wifi", "wifi_power_save", "bluetooth", "cores", "usb"]\n[dvfs]')


def below_etc(folder: Path, text: str) -> dict[str, str]:
    """Return all that a configuration wants below /etc."""
    path = folder / "node.toml"
    path.write_text(text)
    return files(load_strictly(path), path)


def written(folder: Path, text: str) -> str:
    """Return the unit of a configuration."""
    return below_etc(folder, text)[SERVICE]


@needs_analyze
def test_unit_of_a_node_is_hardly_exposed(tmp_path: Path) -> None:
    """By systemd's own measure at most 2.0 of 10; the control, without its sandbox, is above 9."""
    text = written(tmp_path, NODE)
    assert exposure(text, tmp_path) <= MOST
    start = text.index("# It may write")
    assert exposure(text[:start].replace("User=", "#User="), tmp_path) > 9.0


@needs_analyze
@pytest.mark.parametrize("text", [DEEP, WIDEST])
def test_units_of_a_node_that_goes_deep_are_hardly_exposed_either(tmp_path: Path, text: str) -> None:
    """Neither the node's service nor the one that takes the machine down is above 2.0; nor is either root."""
    services = {name: text for name, text in below_etc(tmp_path, text).items() if name.endswith(".service")}
    assert list(services) == [SERVICE, HALT[1]]
    for each in services.values():
        assert exposure(each, tmp_path) <= MOST
        assert settings(each)["User"] not in {"root", "0"}


def test_unit_gives_a_capability_to_who_sets_radios_alone(tmp_path: Path) -> None:
    """The kernel asks for CAP_NET_ADMIN there, and it is worth nothing in a user namespace; others have none."""
    found = settings(written(tmp_path, DEEP))
    assert (found["CapabilityBoundingSet"], found["AmbientCapabilities"], found["PrivateUsers"]) == ("", "", "yes")
    assert found["RestrictAddressFamilies"] == "AF_INET AF_INET6 AF_UNIX"
    found = settings(written(tmp_path, WIDEST))
    assert (found["AmbientCapabilities"], found["PrivateUsers"]) == ("CAP_NET_ADMIN", "no")
    assert found["RestrictAddressFamilies"].endswith(" AF_NETLINK")
    assert "adjtimex" not in written(tmp_path, WIDEST)


def test_unit_of_a_node_that_stays_up_brings_no_other_file(tmp_path: Path) -> None:
    """Nothing is lent that is not needed, and nobody takes the machine down."""
    assert list(below_etc(tmp_path, NODE)) == [SERVICE]
    assert "/sys/" not in written(tmp_path, NODE)
    suspends = NODE + '[sleep]\ndeepest = "suspend"\n'
    assert list(below_etc(tmp_path, suspends)) == [SERVICE, LENT]


def test_wish_to_halt_lies_where_the_path_unit_waits(tmp_path: Path) -> None:
    """The folder that systemd makes for the node, and the name that the board's mechanism gives the file."""
    found = below_etc(tmp_path, DEEP)
    wish = f"/run/{settings(found[SERVICE])['RuntimeDirectory']}/{WISH}"
    assert settings(found[HALT[0]])["PathExists"] == wish
    assert settings(found[HALT[1]])["ExecStart"] == f"/bin/rm {wish}"
    assert settings(found[SERVICE])["Wants"] == "torpor-halt.path"


@needs_analyze
@pytest.mark.parametrize("text", [NODE, DEEP, WIDEST])
def test_unit_of_a_node_is_understood_by_systemd(tmp_path: Path, text: str) -> None:
    """No setting is misspelt, also with a blank and a percent sign in the path."""
    folder = tmp_path / "my node 100%"
    folder.mkdir()
    found = below_etc(folder, text)
    units = {name: text for name, text in found.items() if name != LENT}
    assert {name: complaints(text, tmp_path, name) for name, text in units.items()} == dict.fromkeys(units, "")


def test_unit_gives_a_cycle_more_time_than_it_may_take(tmp_path: Path) -> None:
    """A slow sensor and a long transmission are no hang."""
    slow = NODE.replace('part = "host"', 'part = "host"\ntimeout_s = 300') + "[transmit]\nawake_s = 200\n"
    assert int(settings(written(tmp_path, NODE))["WatchdogSec"]) == LEAST_WATCHDOG_S
    assert int(settings(written(tmp_path, slow))["WatchdogSec"]) > 500
    update = '[update]\nroot = "1.root.json"\nawake_s = 100.0\nselftest_s = 300.0\n'
    renewing = NODE + '[infer]\npart = "tflite"\nmodel = "digits.tflite"\n[start]\nchannels = ["load"]\n' + update
    for name in ("1.root.json", "digits.tflite"):
        (tmp_path / name).touch()
    assert int(settings(written(tmp_path, renewing))["WatchdogSec"]) > 400
    assert settings(written(tmp_path, slow))["ReadWritePaths"] == f'"-{tmp_path / "state"}"'


def test_unit_makes_its_folders_where_they_are_missing(tmp_path: Path) -> None:
    """A fresh node has no state yet: it is made, and until then systemd bears that it is not there.

    The command is run as it stands, but for systemd's marks and for whom it becomes where root runs it.
    """
    command = settings(written(tmp_path, NODE))["ExecStartPre"]
    assert command.startswith("+-setpriv --reuid=")
    words = shlex.split(command.removeprefix("+-"))
    made = words[words.index("mkdir") :]
    subprocess.run(made, check=True)
    subprocess.run(made, check=True)
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert all(each.startswith("-/") for each in shlex.split(settings(written(tmp_path, NODE))["ReadWritePaths"]))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give folders away")
def test_unit_names_who_owns_its_folders(tmp_path: Path) -> None:
    """An account to be made is root's to make; somebody's own folder wants nothing."""
    os.chown(tmp_path, 65534, -1)
    text = written(tmp_path, NODE)
    assert "useradd" not in text
    assert f"who owns {tmp_path}" in text.replace('"', "").splitlines()[0]
    os.chown(tmp_path, 0, -1)
    assert f"#   useradd --system torpor; install -d {tmp_path}" in written(tmp_path, NODE).replace('"', "")


def test_unit_command_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`torpor-node unit` writes nothing anywhere."""
    expected = written(tmp_path, NODE)
    assert main(["unit", "--config", str(tmp_path / "node.toml")]) == 0
    assert capsys.readouterr().out == expected
    assert [each.name for each in tmp_path.iterdir()] == ["node.toml"]


def test_unit_command_puts_all_files_where_it_is_told_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--into` names each that it writes; a folder that is none is said, and nothing is raised."""
    expected = below_etc(tmp_path, WIDEST)
    into = tmp_path / "etc"
    assert main(["unit", "--config", str(tmp_path / "node.toml"), "--into", str(into)]) == 0
    assert capsys.readouterr().out.split() == [str(into / name) for name in expected]
    assert {name: (into / name).read_text() for name in expected} == expected
    assert main(["unit", "--config", str(tmp_path / "node.toml"), "--into", str(into / SERVICE)]) == 1
    assert "is --into a folder that is yours?" in capsys.readouterr().err


def test_unit_of_a_node_that_renews_its_certificate_may_write_it(tmp_path: Path) -> None:
    """Beside its state, the folder of the certificate; of one that renews none, the state alone."""
    mqtt = '[mqtt]\nhost = "h"\ntls = true\ncert = "identity/node.pem"\n'
    (tmp_path / "identity").mkdir()
    (tmp_path / "identity" / "node.pem").touch()
    state, pair = f'"-{tmp_path / "state"}"', f'"-{tmp_path / "identity"}"'
    assert settings(written(tmp_path, NODE + mqtt))["ReadWritePaths"] == state
    renews = written(tmp_path, NODE + mqtt + 'renewal = "h:8884"\n')
    assert settings(renews)["ReadWritePaths"] == f"{state} {pair}"
