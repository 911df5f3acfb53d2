"""Progress of a set-up."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests.imports import ROOT
from tools.bootstrap.steps import SetupError, Steps

if TYPE_CHECKING:
    from pathlib import Path


INTERRUPTED: Final = """
import pathlib, sys
from tools.bootstrap.steps import SetupError, Steps
program = "import os, signal; os.kill(os.getppid(), signal.SIGINT); signal.pause()"
try:
    Steps(pathlib.Path(sys.argv[1])).run("waiting", [sys.executable, "-c", program])
except SetupError as error:
    print(error, file=sys.stderr)
    sys.exit(error.code)
"""


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


def test_run_that_is_interrupted_ends_its_program_and_says_so_without_a_traceback(tmp_path: Path) -> None:
    """Ctrl-C in a set-up of minutes is a person's wish, not a fault: the program ends, and the code is a shell's."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path / "setup.log")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.endswith("Ended by Ctrl-C; the next run begins again at this step.\n")
    assert "Traceback" not in done.stderr


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
