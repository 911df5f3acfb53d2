"""The power is cut: the short form on blocks where this machine can, and the portable one always."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.imports import ROOT
from tools.bench import powercut
from tools.powercut import blocks, files, pages
from tools.powercut.controls import CONTROLS
from tools.powercut.subjects import SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.powercut.subject import Promise, Subject

CUTS = 12
SEED = 7


def test_outbox_on_a_file_system_that_drops_what_was_not_synced_loses_nothing() -> None:
    """Every record that was committed is there after each cut, every frame that was sent is the same bytes."""
    row = pages.trial("outbox", CUTS, SEED)
    assert (row.lost, row.corrupt, row.example) == (0, 0, "")
    assert row.promises > 100
    assert row.flushes > 100


def test_outbox_that_syncs_at_checkpoints_alone_is_caught() -> None:
    """Negative control: under the same cuts WAL with synchronous=NORMAL loses what it had promised."""
    assert pages.trial("outbox-wal-normal", CUTS, SEED).lost > 0


@pytest.mark.parametrize("name", files.SUBJECTS)
def test_subject_on_a_tree_that_loses_what_was_not_synced_keeps_its_promises(name: str) -> None:
    """Names and contents, as the process that writes them has asked for them, hold all that was promised."""
    row = files.trial(name, CUTS, SEED)
    assert (row.lost, row.corrupt, row.example) == (0, 0, "")
    assert row.flushes > row.promises > 0


@pytest.mark.parametrize("name", files.CONTROLS)
def test_control_on_a_tree_that_loses_what_was_not_synced_is_caught(name: str) -> None:
    """Negative control: an fsync too few, of any file or of any folder, is found."""
    assert files.trial(name, CUTS, SEED).failures > 0


@pytest.mark.parametrize("name", files.SUBJECTS)
def test_subject_whose_folder_is_not_synced_loses_and_whose_file_is_not_is_damaged(name: str) -> None:
    """The controls fail for the reason that they are made for: an older version, or contents that are not there."""
    assert files.trial(f"{name}-no-folder-flushed", CUTS, SEED).lost > 0
    torn = files.trial(f"{name}-no-file-flushed", CUTS, SEED)
    assert torn.corrupt > 0 or name == "slots"  # which takes a damaged list for none, and the factory's model


@pytest.fixture(name="_blocks", scope="module")
def _needs_blocks() -> None:
    """Skip where there can be no disk that logs."""
    reason = blocks.missing()
    if reason:
        pytest.skip(reason)


@pytest.mark.usefixtures("_blocks")
@pytest.mark.parametrize("name", SUBJECTS)
def test_subject_on_a_disk_that_loses_its_power_keeps_its_promises(name: str) -> None:
    """Whatever the kernel and the node recover after a cut holds all that was promised before it."""
    row = blocks.trial(name, CUTS, SEED)
    assert (row.lost, row.corrupt, row.example) == (0, 0, "")
    assert row.flushes >= row.promises / 2 > 0


@pytest.mark.usefixtures("_blocks")
@pytest.mark.parametrize("name", CONTROLS)
def test_control_on_a_disk_that_loses_its_power_is_caught(name: str) -> None:
    """Negative control: one flush too few is found."""
    assert blocks.trial(name, CUTS, SEED).failures > 0


@pytest.mark.usefixtures("_blocks")
def test_cell_that_ended_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mounts, loop devices and files are the cell's own, and go with it."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    blocks.trial("books", 1, SEED)
    assert not _loop_devices(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("_blocks")
def test_cell_that_is_killed_leaves_no_device_and_no_process(tmp_path: Path) -> None:
    """Whatever ends a cell, the kernel takes its disks and its children with it."""
    command = [*blocks.ALONE, sys.executable, "-m", "tools.powercut.cell", "outbox", "100000", "1"]
    with subprocess.Popen(command, env={**os.environ, "TMPDIR": str(tmp_path)}, cwd=ROOT) as cell:
        try:
            _wait(lambda: _loop_devices(tmp_path))
        finally:
            cell.kill()
    _wait(lambda: not _loop_devices(tmp_path))
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text()


def _loop_devices(folder: Path) -> list[str]:
    """Return what loop devices have in a folder."""
    backing = []
    for path in Path("/sys/block").glob("loop*/loop/backing_file"):
        with contextlib.suppress(OSError):  # it was taken off as we looked
            backing.append(path.read_text())
    return [each for each in backing if each.startswith(str(folder))]


def _wait(ready: Callable[[], object]) -> None:
    """Wait until something is so; a minute is more than it may take."""
    until_s, pause = time.monotonic() + 60.0, threading.Event()
    while not ready():
        assert time.monotonic() < until_s
        pause.wait(0.02)


@pytest.mark.parametrize("name", ["books", "desired", "health"])
def test_replaced_file_that_is_damaged_or_old_is_told(name: str, tmp_path: Path) -> None:
    """Negative control of the checks themselves: an older version is lost, half a file is corrupt, and no file too."""
    subject = SUBJECTS[name]
    promised = _worked(subject, tmp_path)
    assert subject.check(tmp_path, promised) == (0, 0, "")
    assert subject.check(tmp_path, [*promised, "1000"]).lost == 1
    (path,) = (tmp_path / "state").iterdir()
    path.write_bytes(path.read_bytes()[:-20])
    assert subject.check(tmp_path, promised).corrupt == 1
    path.unlink()
    assert subject.check(tmp_path, promised).lost == 1


def test_outbox_that_is_damaged_or_gone_is_told(tmp_path: Path) -> None:
    """Negative control of the check: a page of garbage is corrupt, and a missing database is lost."""
    subject = SUBJECTS["outbox"]
    promised = _worked(subject, tmp_path)
    assert subject.check(tmp_path, promised) == (0, 0, "")
    path = tmp_path / "state" / "outbox.db"
    contents = path.read_bytes()
    path.write_bytes(contents[:4096] + bytes(len(contents) - 4096))
    assert subject.check(tmp_path, promised).corrupt > 0
    for file in path.parent.iterdir():
        file.unlink()
    assert subject.check(tmp_path, promised).lost > 0


def test_slots_whose_models_are_damaged_or_old_are_told(tmp_path: Path) -> None:
    """Negative control of the check: neither the model that answers nor the one behind it may be another."""
    subject = SUBJECTS["slots"]
    promised = _worked(subject, tmp_path)
    assert subject.check(tmp_path, promised) == (0, 0, "")
    assert subject.check(tmp_path, [*promised, "1000"]).lost == 1
    for slot in ("a", "b"):
        path = tmp_path / "state" / slot / "model.tflite"
        contents = path.read_bytes()
        path.write_bytes(contents[:-1] + b"!")
        assert subject.check(tmp_path, promised).corrupt == 1
        path.write_bytes(contents)
    (tmp_path / "state" / "slots.json").unlink()
    assert subject.check(tmp_path, promised).lost == 1


def test_metadata_that_are_forgotten_or_in_the_way_are_told(tmp_path: Path) -> None:
    """Negative control of the check: without its floor a node believes the thief, with a broken one nobody at all."""
    subject = SUBJECTS["metadata"]
    promised = _worked(subject, tmp_path)
    assert subject.check(tmp_path, promised) == (0, 0, "")
    shutil.rmtree(tmp_path / "trust" / "metadata")
    assert subject.check(tmp_path, promised) == (0, 0, "")
    (tmp_path / "trust" / "floor.json").write_bytes(b"{")
    assert subject.check(tmp_path, promised).corrupt == 1
    shutil.rmtree(tmp_path / "trust")
    assert subject.check(tmp_path, promised).lost == 1


def _worked(subject: Subject, folder: Path) -> list[str]:
    promised: list[str] = []
    promise: Promise = promised.append
    subject.work(folder, promise)
    return promised


def test_bench_on_the_portable_tier_has_its_keys_and_reads_well(capsys: pytest.CaptureFixture[str]) -> None:
    """The summary is the sum of its rows, and says that the control failed."""
    result = powercut.run(["--tier", "portable", "--cuts", "4"])
    assert (result["cuts"], result["lost"], result["corrupt"]) == (28, 0, 0)
    assert isinstance(result["control_failures"], int)
    assert result["control_failures"] > 0
    powercut.show(result)
    assert "Nothing lost, nothing damaged in 28 power cuts" in capsys.readouterr().out
