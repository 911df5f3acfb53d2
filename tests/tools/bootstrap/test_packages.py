"""Programs from packages, on a machine that is a folder: its apt-get and sudo are small scripts that behave."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

import pytest

from tools.bootstrap.packages import Machine, require
from tools.bootstrap.steps import SetupError, Steps

if TYPE_CHECKING:
    from pathlib import Path

APT: Final = """#!/bin/sh
# Knows no package before its lists were fetched; then each package is one program.
case "$*" in
  *update*) : > "{home}/lists" ;;
  *install*) [ -e "{home}/lists" ] || {{ echo "E: Unable to locate package"; exit 100; }}
    echo "$*"
    for program in mosquitto mosquitto_sub; do cp "{home}/true" "{home}/$program"; done ;;
esac
"""
SUDO: Final = '#!/bin/sh\n{answer}\nshift\nexec "$@"\n'


@pytest.fixture(name="home")
def _home(tmp_path: Path) -> Path:
    """A folder of programs, with what the scripts themselves need."""
    home = tmp_path / "bin"
    home.mkdir()
    for program in ("sh", "env", "true", "cp"):
        (home / program).symlink_to(str(shutil.which(program)))
    return home


def _give(home: Path, program: str, script: str) -> None:
    (home / program).write_text(script)
    (home / program).chmod(0o755)


def _machine(home: Path, *, is_root: bool) -> Machine:
    return Machine(path=str(home), is_root=is_root, can_ask=False)


def test_require_on_a_machine_without_lists_fetches_them_and_installs(home: Path, tmp_path: Path) -> None:
    """A fresh machine's first install fails; the lists are fetched and it succeeds."""
    _give(home, "apt-get", APT.format(home=home))
    machine = _machine(home, is_root=True)
    require(Steps(tmp_path / "log"), machine, "mosquitto")
    assert machine.find("mosquitto")
    assert "Unable to locate" in (tmp_path / "log").read_text()


def test_require_of_what_is_there_runs_nothing(home: Path, tmp_path: Path) -> None:
    """The second run is quick: without any apt-get, the program that is there is enough."""
    _give(home, "mosquitto", "#!/bin/sh\n")
    require(Steps(tmp_path / "log"), _machine(home, is_root=False), "mosquitto")
    assert not (tmp_path / "log").exists()


def test_require_with_sudo_that_says_yes_installs_through_it(home: Path, tmp_path: Path) -> None:
    """A person who may use sudo without a password is not asked for anything."""
    _give(home, "apt-get", APT.format(home=home))
    _give(home, "sudo", SUDO.format(answer=":"))
    machine = _machine(home, is_root=False)
    require(Steps(tmp_path / "log"), machine, "mosquitto", "mosquitto_sub")
    assert machine.find("mosquitto_sub")


@pytest.mark.parametrize(
    ("sudo", "command"),
    [
        (SUDO.format(answer="exit 1"), "\n    sudo apt-get update && sudo apt-get install -y {}\n"),
        (None, "\n    su -c 'apt-get update && apt-get install -y {}'\n"),
    ],
    ids=["sudo-says-no", "no-sudo"],
)
def test_require_without_the_right_to_install_says_exactly_what_to_run(
    sudo: str | None, command: str, home: Path, tmp_path: Path
) -> None:
    """One command for all that is missing, in words that this machine has; exit code 2, and nothing was touched."""
    _give(home, "apt-get", APT.format(home=home))
    if sudo:
        _give(home, "sudo", sudo)
    machine = _machine(home, is_root=False)
    with pytest.raises(SetupError) as stop:
        require(Steps(tmp_path / "log"), machine, "mosquitto", others=["python3.13-venv"])
    wanted = "--no-install-recommends python3.13-venv mosquitto mosquitto-clients"
    assert command.format(wanted) in str(stop.value)
    assert stop.value.code == 2
    assert machine.find("mosquitto") is None


def test_require_of_another_package_beside_a_broker_installs_that_alone(home: Path, tmp_path: Path) -> None:
    """Where the broker is there and what a virtual environment needs is not, only the latter is asked for."""
    _give(home, "mosquitto", "#!/bin/sh\n")
    _give(home, "apt-get", APT.format(home=home))
    (home / "lists").touch()
    require(Steps(tmp_path / "log"), _machine(home, is_root=True), "mosquitto", others=["python3.13-venv"])
    assert (tmp_path / "log").read_text().endswith("--no-install-recommends python3.13-venv\n")


def test_require_of_a_welcome_program_brings_it_along(home: Path, tmp_path: Path) -> None:
    """What the suite can do without is installed together with what it cannot do without."""
    _give(home, "apt-get", APT.format(home=home))
    (home / "lists").touch()
    require(Steps(tmp_path / "log"), _machine(home, is_root=True), "mosquitto", welcome=["strace"])
    assert (tmp_path / "log").read_text().endswith(" mosquitto mosquitto-clients strace\n")


def test_require_of_a_welcome_program_alone_asks_for_nothing(home: Path, tmp_path: Path) -> None:
    """No right to install, no apt-get: a program that is only welcome stops nobody."""
    _give(home, "mosquitto", "#!/bin/sh\n")
    require(Steps(tmp_path / "log"), _machine(home, is_root=False), "mosquitto", welcome=["strace"])
    assert not (tmp_path / "log").exists()


def test_require_on_another_kind_of_system_names_what_is_missing(home: Path, tmp_path: Path) -> None:
    """Without apt-get there is no command to give, but a list of what to install."""
    with pytest.raises(SetupError, match="Missing: mosquitto mosquitto-clients") as stop:
        require(Steps(tmp_path / "log"), _machine(home, is_root=True), "mosquitto")
    assert stop.value.code == 2
