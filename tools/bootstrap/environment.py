"""Virtual environments: made once, and left alone while what they were made from stays the same."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools.bootstrap import packages
from tools.bootstrap.steps import SetupError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.bootstrap.steps import Steps

ROOT: Final = Path(__file__).resolve().parent.parent.parent
CONTAINS: Final = {"tools": ("tools", "tests", "fuzz"), "tests": ("tests", "fuzz"), "fuzz": ("fuzz",)}
"""Extra to the extras that hold all of it."""

# The last tflite-runtime was built for Python 3.11 against numpy 1.x.
SECOND_PYTHON: Final = "python3.11"
SECOND: Final = ("tflite-runtime==2.14.0", "numpy<2", "cbor2>=6.2,<7")


def project(steps: Steps, extra: str) -> Path:
    """Make `.venv` with Torpor in it, editable, and return its Python.

    Args:
        steps: shows the progress.
        extra: `tools`, `tests` or `fuzz`.

    Raises:
        SetupError: it cannot be made here; the message says what to do.
    """
    venv = ROOT / ".venv"
    key = _key((ROOT / "pyproject.toml").read_bytes(), str(ROOT), sys.version)
    if any(_stamped(venv, each, key) for each in CONTAINS[extra]):
        steps.note(f".venv is ready (torpor[{extra}])")
        return venv / "bin" / "python"
    return _make(steps, venv, sys.executable, ["-e", f"{ROOT}[{extra}]"], (extra, key))


def missing_packages() -> list[str]:
    """Return the packages without which `.venv` cannot be made: none where it is made already."""
    return [] if _works(ROOT / ".venv" / "bin" / "python") else _lacks_ensurepip(sys.executable)


def second_runtime(steps: Steps) -> None:
    """Make `.venv-tflite` with the other TFLite runtime; where that cannot be had, say why and go on."""
    python = sys.executable if sys.version_info[:2] == (3, 11) else shutil.which(SECOND_PYTHON)
    if python is None:
        steps.note(f"no second TFLite runtime: tflite-runtime needs {SECOND_PYTHON}; its tests will be skipped")
        return
    venv = ROOT / ".venv-tflite"
    key = _key(repr(SECOND).encode(), python)
    if _stamped(venv, "tflite", key):
        steps.note(".venv-tflite is ready")
        return
    try:
        _make(steps, venv, python, list(SECOND), ("tflite", key))
    except SetupError as error:
        shutil.rmtree(venv, ignore_errors=True)  # half an environment would fail tests that should be skipped
        last = str(error).splitlines()
        steps.note(
            f"no second TFLite runtime here, its tests will be skipped: {last[0] if last else 'no reason given'}"
        )


def _make(steps: Steps, venv: Path, python: str, wants: Sequence[str], stamp: tuple[str, str]) -> Path:
    inside = venv / "bin" / "python"
    if not _works(inside):
        if lacks := _lacks_ensurepip(python):
            packages.install(steps, packages.this_machine(), lacks)
        steps.run(f"making {venv.name}", [python, "-m", "venv", "--clear", str(venv)])
    shown = " ".join(Path(each).name if each.startswith("/") else each for each in wants)
    pip = [str(inside), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *wants]
    steps.run(f"installing {shown} into {venv.name} (minutes on a small board)", pip)
    name, key = stamp
    (venv / f".torpor-{name}").write_text(key)
    return inside


def _lacks_ensurepip(python: str) -> list[str]:
    """Return `python3.X-venv` where it is missing: there Debian and Ubuntu keep what `venv` needs."""
    probe = "import sys; print('python%d.%d-venv' % sys.version_info[:2]); import ensurepip"
    done = subprocess.run([python, "-c", probe], check=False, capture_output=True, text=True)
    return [done.stdout.strip()] if done.returncode else []


def _works(python: Path) -> bool:
    """Whether an environment's Python starts and has pip: its base may have been upgraded away."""
    if not python.exists():
        return False
    return subprocess.run([python, "-c", "import pip"], check=False, capture_output=True).returncode == 0


def _stamped(venv: Path, name: str, key: str) -> bool:
    stamp = venv / f".torpor-{name}"
    return stamp.exists() and stamp.read_text() == key and (venv / "bin" / "python").exists()


def _key(*parts: bytes | str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else part.encode())
        digest.update(b"\0")
    return digest.hexdigest()
