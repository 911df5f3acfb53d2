"""Progress of a set-up."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tools.bootstrap.steps import SetupError, Steps

if TYPE_CHECKING:
    from pathlib import Path


def test_run_that_succeeds_shows_one_line_with_seconds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A person sees what was done and how long it took; what the program said is in the log."""
    steps = Steps(tmp_path / "var" / "setup.log")
    steps.run("counting", [sys.executable, "-c", "print('one two')"])
    said = capsys.readouterr().err
    assert said.startswith("  counting ... ")
    assert said.endswith(" s\n")
    assert said.count("\n") == 1
    assert (tmp_path / "var" / "setup.log").read_text() == "one two\n"


def test_run_that_fails_raises_with_the_tail_of_its_own_words(tmp_path: Path) -> None:
    """Quiet, but not silent on failure: the last lines of that step alone, the command, and where the rest is."""
    steps = Steps(tmp_path / "setup.log")
    steps.run("before", [sys.executable, "-c", "print('from before')"])
    program = "import sys; print(*range(100), sep='\\n'); sys.exit(3)"
    with pytest.raises(SetupError) as failed:
        steps.run("counting", [sys.executable, "-c", program])
    said = str(failed.value)
    assert "\n99\ncounting failed: " in said
    assert "\n50\n" not in said
    assert "from before" not in said
    assert str(tmp_path / "setup.log") in said
    assert failed.value.code == 1


def test_steps_in_a_folder_that_cannot_be_written_run_nothing_and_say_what_to_do(tmp_path: Path) -> None:
    """Somebody else's clone, or a folder that root's run left behind: no traceback, but a way out; exit code 2."""
    (tmp_path / "var").write_text("a file where the folder should be, which stops even root")
    proof = tmp_path / "proof"
    with pytest.raises(SetupError, match=r"var.* cannot be written: .*\n.*a clone that belongs to you") as failed:
        Steps(tmp_path / "var" / "setup.log").run("touching", ["touch", str(proof)])
    assert failed.value.code == 2
    assert not proof.exists()


def test_steps_that_run_nothing_write_nothing(tmp_path: Path) -> None:
    """A second run finds everything there, and works in a folder that it may only read."""
    Steps(tmp_path / "var" / "setup.log").note("mosquitto is installed")
    assert not list(tmp_path.iterdir())
