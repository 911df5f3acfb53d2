"""The node's systemd unit: as narrow as its configuration lets it be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from node.__main__ import main
from node.config import load_strictly
from node.unit import LEAST_WATCHDOG_S, unit
from tests.exposure import MOST, complaints, exposure, needs_analyze, settings

if TYPE_CHECKING:
    from pathlib import Path

NODE = '[node]\nsite = "s"\nname = "n1"\nstate_dir = "state"\n[sense.h]\npart = "host"\n'
DEEP = NODE + '[sleep]\ndeepest = "halt"\nsavings = ["wifi_power_save"]\n'
LIGHT_ROOT_MOST = 2.7
"""For a node that takes the machine down: root's own files under /sys are open to it, and the radio's settings."""


def written(folder: Path, text: str) -> str:
    """Return the unit of a configuration."""
    path = folder / "node.toml"
    path.write_text(text)
    return unit(load_strictly(path), path)


@needs_analyze
def test_unit_of_a_node_is_hardly_exposed(tmp_path: Path) -> None:
    """By systemd's own measure at most 2.0 of 10; the control, without its sandbox, is above 9."""
    text = written(tmp_path, NODE)
    assert exposure(text, tmp_path) <= MOST
    start = text.index("# It may write")
    assert exposure(text[:start].replace("User=", "#User="), tmp_path) > 9.0


@needs_analyze
def test_unit_of_a_node_that_goes_deep_opens_no_more_than_that_takes(tmp_path: Path) -> None:
    """Root without a capability but the radio's, and /sys is writable; the rest stays shut."""
    text = written(tmp_path, DEEP)
    found = settings(text)
    assert (found["User"], found["CapabilityBoundingSet"]) == ("root", "CAP_NET_ADMIN")
    assert found["ProtectKernelTunables"] == "no"
    assert MOST < exposure(text, tmp_path) <= LIGHT_ROOT_MOST


@needs_analyze
@pytest.mark.parametrize("text", [NODE, DEEP])
def test_unit_of_a_node_is_understood_by_systemd(tmp_path: Path, text: str) -> None:
    """No setting is misspelt, also with a blank and a percent sign in the path."""
    folder = tmp_path / "my node 100%"
    folder.mkdir()
    assert complaints(written(folder, text), tmp_path) == ""


def test_unit_gives_a_cycle_more_time_than_it_may_take(tmp_path: Path) -> None:
    """A slow sensor and a long transmission are no hang."""
    slow = NODE.replace('part = "host"', 'part = "host"\ntimeout_s = 300') + "[transmit]\nawake_s = 200\n"
    assert int(settings(written(tmp_path, NODE))["WatchdogSec"]) == LEAST_WATCHDOG_S
    assert int(settings(written(tmp_path, slow))["WatchdogSec"]) > 500
    assert settings(written(tmp_path, slow))["ReadWritePaths"] == f'"{tmp_path / "state"}"'


def test_unit_command_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`torpor-node unit` writes nothing anywhere."""
    expected = written(tmp_path, NODE)
    assert main(["unit", "--config", str(tmp_path / "node.toml")]) == 0
    assert capsys.readouterr().out == expected
    assert [each.name for each in tmp_path.iterdir()] == ["node.toml"]


def test_unit_of_a_node_that_renews_its_certificate_may_write_it(tmp_path: Path) -> None:
    """Beside its state, the folder of the certificate; of one that renews none, the state alone."""
    mqtt = '[mqtt]\nhost = "h"\ntls = true\ncert = "identity/node.pem"\n'
    (tmp_path / "identity").mkdir()
    (tmp_path / "identity" / "node.pem").touch()
    state, pair = f'"{tmp_path / "state"}"', f'"{tmp_path / "identity"}"'
    assert settings(written(tmp_path, NODE + mqtt))["ReadWritePaths"] == state
    renews = written(tmp_path, NODE + mqtt + 'renewal = "h:8884"\n')
    assert settings(renews)["ReadWritePaths"] == f"{state} {pair}"
