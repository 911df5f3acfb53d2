"""The gateway's systemd unit, and what makes the distribution's mosquitto the site's broker."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from gateway.__main__ import main
from tests.exposure import MOST, complaints, exposure, needs_analyze, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def test_unit_lets_the_gateway_write_all_that_is_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A database on another disk leaves the authority's folder where it was; whose folders they are is said."""
    text = printed(tmp_path, capsys)
    assert settings(text)["ReadWritePaths"] == f'"{tmp_path / "site"}"'
    (tmp_path / "disk").mkdir()
    path = tmp_path / "site" / "gateway.toml"
    path.write_text(path.read_text().replace("[store]", f'[store]\npath = "{tmp_path}/disk/gateway.db"'))
    text = printed(tmp_path, capsys)
    assert settings(text)["ReadWritePaths"] == f'"{tmp_path / "disk"}" "{tmp_path / "site"}"'


NOBODY: Final = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "unshare", "--user")
"""As a service with `PrivateUsers=` is: without rights, and in a user namespace of its own."""
HIDES: Final = {"default": "off", "invisible": "invisible"}
"""`ProtectProc=` and what it has the kernel mount, proc(5)."""


def _separates() -> bool:
    tools = all(shutil.which(each) for each in ("setpriv", "unshare", "mount"))
    alone = ("unshare", "--mount", *NOBODY, "true")
    return os.geteuid() == 0 and tools and not subprocess.run(alone, capture_output=True, check=False).returncode


@contextmanager
def broker_of_another_namespace() -> Iterator[int]:
    """Run a process of nobody's in a user namespace of its own."""
    with subprocess.Popen([*NOBODY, "sleep", "60"]) as broker:
        try:
            end_s = time.monotonic() + 30.0
            while Path(f"/proc/{broker.pid}/comm").read_text() != "sleep\n":
                assert time.monotonic() < end_s
            yield broker.pid
        finally:
            broker.kill()


@pytest.mark.skipif(not _separates(), reason="needs root, setpriv, unshare and user namespaces")
def test_gateway_in_its_sandbox_sees_the_broker_in_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Else it could not tell it that a certificate was renewed; the control, with processes hidden, sees none."""
    found = settings(printed(tmp_path, capsys))
    looks = ("sh", "-c", 'mount -t proc -o "subset=$1,hidepid=$2" proc /proc; shift 2; exec "$@"', "sh")

    def seen(protect: str, pid: int) -> str:
        sandbox = ("unshare", "--mount", *looks, found["ProcSubset"], HIDES[protect], *NOBODY)
        return subprocess.run(
            [*sandbox, "cat", f"/proc/{pid}/comm"], capture_output=True, text=True, check=False
        ).stdout

    with broker_of_another_namespace() as pid:
        assert seen("invisible", pid) == ""
        assert seen(found["ProtectProc"], pid) == "sleep\n"
