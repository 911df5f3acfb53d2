"""The gateway's systemd unit, and what makes the distribution's mosquitto the site's broker."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.__main__ import main
from tests.exposure import MOST, complaints, exposure, needs_analyze, settings

DEBIAN = Path("/lib/systemd/system/mosquitto.service")


def printed(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return what `torpor-gateway unit` prints for a site in a folder."""
    if not (folder / "site").exists():
        assert main(["init", str(folder / "site")]) == 0
    capsys.readouterr()
    assert main(["unit", "--config", str(folder / "site" / "gateway.toml"), *words]) == 0
    return capsys.readouterr().out


@needs_analyze
def test_unit_of_a_gateway_is_hardly_exposed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By systemd's own measure at most 2.0 of 10, and every setting is understood."""
    text = printed(tmp_path, capsys)
    assert exposure(text, tmp_path) <= MOST
    assert complaints(text, tmp_path) == ""


@needs_analyze
@pytest.mark.skipif(not DEBIAN.exists(), reason="the distribution's mosquitto.service is not here")
def test_drop_in_makes_the_distributions_broker_hardly_exposed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the drop-in at most 2.0; the control, as the distribution ships it, above 9."""
    dropped = printed(tmp_path, capsys, "--broker")
    stock = DEBIAN.read_text().partition("[Install]")[0]
    assert exposure(stock, tmp_path) > 9.0
    assert exposure(stock + dropped, tmp_path) <= MOST
    assert complaints(stock + dropped, tmp_path) == ""


def test_drop_in_runs_the_sites_own_configuration_and_nothing_as_root_before_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the distribution does before it and runs is taken back, then the site's command is given."""
    text = printed(tmp_path, capsys, "--broker")
    lines = [line for line in text.splitlines() if line.startswith("Exec")]
    assert lines[:2] == ["ExecStartPre=", "ExecStart="]
    assert lines[2].endswith(f'-c "{tmp_path / "site" / "mosquitto.conf"}"')
    assert settings(text)["ReadWritePaths"] == f'"{tmp_path / "site" / "broker"}"'
