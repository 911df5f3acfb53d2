"""What systemd itself thinks of a unit: `systemd-analyze security`, offline."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

ANALYZE: Final = shutil.which("systemd-analyze")
MOST: Final = 2.0
needs_analyze = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not here; run: apt-get install systemd")


def exposure(text: str, folder: Path) -> float:
    """Return how exposed a service is, 0 to 10."""
    path = folder / "judged.service"
    path.write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"exposure level for \S+: (\d+\.\d+)", done.stdout)
    assert found, done.stdout + done.stderr
    return float(found[1])


def complaints(text: str, folder: Path, name: str = "judged.service") -> str:
    """Return what systemd does not understand in a unit."""
    path = folder / Path(name).name
    path.write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True, check=False
    )
    return "\n".join(line for line in done.stderr.splitlines() if path.name in line)


def settings(text: str) -> dict[str, str]:
    """Return the last value of each setting."""
    pairs = (line.partition("=") for line in text.splitlines() if line[:1].isalpha() and "=" in line)
    return {name: value for name, _, value in pairs}
