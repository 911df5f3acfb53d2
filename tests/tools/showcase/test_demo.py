"""The demo as a person runs it: it ends by itself, says that nothing was lost, and leaves nothing running."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from tests.imports import ROOT

DEMO: Final = (sys.executable, "-m", "tools.showcase")


def _left_running(folder: Path) -> list[str]:
    """Return the command of every process that works in this folder, or names it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            inside = (entry / "cwd").resolve().is_relative_to(folder)
        except OSError:
            continue  # gone while we looked
        if command and (inside or str(folder) in command):
            found.append(command)
    return found


def test_demo_that_runs_for_seconds_loses_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    """Exit 0; the last line adds up: three nodes, all that was committed is stored, a subscriber saw messages."""
    folder = tmp_path / "demo"
    done = subprocess.run(
        [*DEMO, "--seconds", "8", "--keep", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["nodes"] == 3
    assert result["records_committed"] == result["records_stored"] > 0
    assert (result["lost"], result["duplicates"]) == (0, 0)
    assert min(result["inferences"], result["gated_out"], result["subscriber_messages"], result["energy_mj"]) > 0
    assert _left_running(folder) == []


def _once_complete(demo: subprocess.Popen[str], folder: Path) -> list[str]:
    """Return what runs once all six do: a child that was just started still bears its parent's name."""
    running: list[str] = []
    for _ in range(300):
        running = _left_running(folder)
        if len(running) >= 6:
            break
        with suppress(subprocess.TimeoutExpired):
            demo.wait(0.1)
    return running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_demo_that_is_stopped_midway_leaves_nothing_running(number: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C ends it in order, exit 0; `kill -9` leaves it to the kernel; either way no process is left."""
    folder = tmp_path / "demo"
    with subprocess.Popen([*DEMO, "--keep", str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        assert any("Ctrl-C" in line for line in demo.stdout)
        running = _once_complete(demo, folder)
        demo.send_signal(number)
        said, _ = demo.communicate(timeout=60)
    # Itself, a broker, a gateway, three nodes: the look that later finds nothing does find them now.
    assert len(running) >= 6
    if number is signal.SIGINT:
        assert demo.returncode == 0, said
        assert json.loads(said.splitlines()[-1])["lost"] == 0
    waiting = threading.Event()
    assert any(not _left_running(folder) or waiting.wait(0.1) for _ in range(300))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--seconds", "-5"), "--seconds: '-5' is no number of seconds above 0"),
        (("--seconds", "nan"), "--seconds: 'nan' is no number of seconds above 0"),
        (("--keep", "/proc/demo"), "--keep: cannot make /proc/demo: "),
        (("--keep", "."), "--keep: cannot make .: File exists"),
    ],
)
def test_demo_wrong_usage_ends_with_2(arguments: tuple[str, str], told: str) -> None:
    """What cannot be meant is refused in one sentence, before anything is started."""
    done = subprocess.run([*DEMO, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
