"""A file is replaced whole."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from node import durable

if TYPE_CHECKING:
    from pathlib import Path


def test_write_replaces_the_contents_for_the_owner_alone(tmp_path: Path) -> None:
    """The new contents are there, no draft is left, and nobody else may read them."""
    path = tmp_path / "state.cbor"
    durable.write(path, b"old and longer")
    durable.write(path, b"new")
    assert path.read_bytes() == b"new"
    assert [each.name for each in tmp_path.iterdir()] == ["state.cbor"]
    assert path.stat().st_mode & 0o077 == 0


def test_write_syncs_the_file_before_and_the_folder_after_the_rename(tmp_path: Path) -> None:
    """Without either sync a power cut brings back the old file, or none."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    trace = tmp_path / "trace"
    code = f"import pathlib; from node import durable; durable.write(pathlib.Path({str(tmp_path)!r}) / 'x', b'1')"
    command = ["strace", "-f", "-o", str(trace), "-e", "trace=fsync,fdatasync,rename,renameat,renameat2"]
    done = subprocess.run([*command, sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"strace cannot trace here: {done.stderr.strip()[-100:]}")
    calls = [line.split("(")[0].split()[-1] for line in trace.read_text().splitlines() if "(" in line]
    assert calls[-3] in {"fsync", "fdatasync"}
    assert calls[-2].startswith("rename")
    assert calls[-1] == "fsync"
