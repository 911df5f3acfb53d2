"""A broker of one's own where AppArmor confines the distribution's."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tools.bootstrap.confinement import NAMES, unconfined

if TYPE_CHECKING:
    from pathlib import Path


def _start(tmp_path: Path, *, kernel: str | None, profile: str | None) -> str:
    """Return what is started instead of a program on a machine with this kernel and this profile."""
    enabled, profiles, folder = tmp_path / "enabled", tmp_path / "apparmor.d", tmp_path / "demo"
    for each in (profiles, folder):
        each.mkdir(exist_ok=True)
    if kernel:
        enabled.write_text(f"{kernel}\n")
    if profile:
        (profiles / profile).touch()
    return unconfined(str(shutil.which("echo")), folder, enabled=enabled, profiles=profiles)


@pytest.mark.parametrize("profile", NAMES)
def test_unconfined_where_a_profile_holds_the_program_is_a_copy_that_runs(profile: str, tmp_path: Path) -> None:
    """A profile is attached to a path, so the program is started from another one."""
    program = _start(tmp_path, kernel="Y", profile=profile)
    assert program == str(tmp_path / "demo" / "mosquitto")
    assert subprocess.check_output([program, "here"], text=True) == "here\n"


def test_unconfined_again_while_the_copy_runs_leaves_it_alone(tmp_path: Path) -> None:
    """A file that is being executed cannot be written; the second start takes the copy that is there."""
    first = _start(tmp_path, kernel="Y", profile="mosquitto")
    before = (tmp_path / "demo" / "mosquitto").stat()
    assert _start(tmp_path, kernel="Y", profile="mosquitto") == first
    assert (tmp_path / "demo" / "mosquitto").stat() == before


@pytest.mark.parametrize(("kernel", "profile"), [(None, None), (None, "mosquitto"), ("N", "mosquitto"), ("Y", None)])
def test_unconfined_elsewhere_is_the_program_itself(kernel: str | None, profile: str | None, tmp_path: Path) -> None:
    """Without AppArmor, or without a profile for it, nothing is copied."""
    assert _start(tmp_path, kernel=kernel, profile=profile) == shutil.which("echo")
    assert not list((tmp_path / "demo").iterdir())
