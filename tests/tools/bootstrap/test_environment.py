"""Virtual environments are made once, and again when what they were made from has changed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tools.bootstrap.environment import CONTAINS, _key, _lacks_ensurepip, _stamped

if TYPE_CHECKING:
    from pathlib import Path


def _environment(folder: Path, extra: str, key: str) -> Path:
    (folder / "bin").mkdir()
    (folder / "bin" / "python").touch()
    (folder / f".torpor-{extra}").write_text(key)
    return folder


def test_stamp_of_the_same_project_holds(tmp_path: Path) -> None:
    """The second run finds its stamp and does nothing."""
    venv = _environment(tmp_path, "tools", _key("project", "3.11"))
    assert _stamped(venv, "tools", _key("project", "3.11"))


def test_stamp_of_a_changed_project_is_void(tmp_path: Path) -> None:
    """Another pyproject.toml, another Python or another folder: the environment is made ready again."""
    venv = _environment(tmp_path, "tools", _key("project", "3.11"))
    assert not _stamped(venv, "tools", _key("project, changed", "3.11"))
    assert not _stamped(venv, "tests", _key("project", "3.11"))


def test_stamp_of_a_lost_python_is_void(tmp_path: Path) -> None:
    """A stamp without the environment that it speaks of counts for nothing."""
    venv = _environment(tmp_path, "tools", _key("project"))
    (venv / "bin" / "python").unlink()
    assert not _stamped(venv, "tools", _key("project"))


def test_key_of_parts_cut_elsewhere_differs() -> None:
    """The parts of a key cannot run into one another."""
    assert _key("ab", "c") != _key("a", "bc")


def test_python_without_ensurepip_lacks_the_package_of_its_version(tmp_path: Path) -> None:
    """Debian and Ubuntu keep what `venv` needs apart, in a package that carries the version in its name."""
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -c "import sys; sys.path.clear(); $2"\n')
    bare.chmod(0o755)
    version = "{}.{}".format(*sys.version_info[:2])
    assert _lacks_ensurepip(str(bare)) == [f"python{version}-venv"]
    assert _lacks_ensurepip(sys.executable) == []


def test_environment_of_the_suite_serves_the_demo() -> None:
    """Whoever ran the suite need not install again for the demo; the other way round, more is missing."""
    assert "tests" in CONTAINS["tools"]
    assert "tools" not in CONTAINS["tests"]
