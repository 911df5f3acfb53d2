"""How much memory a process has taken at most since it was looked at first (proc(5): clear_refs, status)."""

from __future__ import annotations

import re
from pathlib import Path


class Growth:
    """A process's peak since now.

    Args:
        pid: of a process of our own.
    """

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")
        (self._folder / "clear_refs").write_text("5")  # forgets the peak of the start
        self._before_kb = self._field("VmRSS")

    def peak_mb(self) -> float:
        """Return by how many megabytes it was larger at worst."""
        return max(0, self._field("VmHWM") - self._before_kb) / 1024

    def _field(self, name: str) -> int:
        found = re.search(rf"^{name}:\s+(\d+) kB", (self._folder / "status").read_text(), re.MULTILINE)
        return int(found[1]) if found else 0
