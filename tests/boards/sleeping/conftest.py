"""A machine in a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from boards.sim.clock import VirtualClock
from boards.sim.kernel import SimTree

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def clock() -> VirtualClock:
    """Virtual time, at the start of 2026."""
    return VirtualClock()


@pytest.fixture
def tree(tmp_path: Path, clock: VirtualClock) -> SimTree:
    """A kernel without any of the files that sleeping needs."""
    return SimTree(tmp_path, clock)
