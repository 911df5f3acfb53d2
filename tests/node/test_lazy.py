"""Modules that are imported when they are first touched."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from node.lazy import lazy

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(name="entry")
def _entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that nobody has imported, which leaves a mark when somebody does."""
    name = f"lazily_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text("import pathlib\nANSWER = 42\npathlib.Path(__file__ + '.ran').touch()\n")
    monkeypatch.syspath_prepend(tmp_path)
    return name


def test_lazy_runs_nothing_before_the_first_touch(entry: str, tmp_path: Path) -> None:
    """Asking for a module costs nothing; its first attribute imports it, and it is the real one."""
    mark = tmp_path / f"{entry}.py.ran"
    module = lazy(entry)
    assert not mark.exists()
    assert entry not in sys.modules
    assert module.ANSWER == 42
    assert mark.exists()
    assert sys.modules.pop(entry).ANSWER == 42


def test_lazy_of_a_loaded_module_is_that_module() -> None:
    """There is no second copy of what is there already."""
    assert lazy("subprocess") is subprocess


def test_lazy_of_a_missing_module_fails_at_the_touch() -> None:
    """A package that is not installed is only missed by who needs it."""
    module = lazy("no_such_module_anywhere")
    with pytest.raises(ModuleNotFoundError, match="no_such_module_anywhere"):
        _ = module.anything


def test_lazy_missing_attribute_is_the_real_modules_error(entry: str) -> None:
    """A misspelt name is an AttributeError, by the first touch and by any later one."""
    module = lazy(entry)
    for _ in range(2):
        with pytest.raises(AttributeError, match="QUESTION"):
            _ = module.QUESTION
    assert module.ANSWER == 42
    del sys.modules[entry]
