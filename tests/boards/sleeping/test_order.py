"""The order that takes the machine down, where a service without rights asks for it."""

from __future__ import annotations

import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from boards.sleeping.order import WISH, leave_wish
from node.errors import HardwareError

if TYPE_CHECKING:
    from pathlib import Path


def takes(folder: Path, done: list[int]) -> None:
    """Do what systemd does: wait for the file, then take it away by the command of `torpor-halt.service`."""
    while not (folder / WISH).exists():
        pass
    done.append(subprocess.run(["/bin/rm", str(folder / WISH)], check=False, capture_output=True).returncode)


def test_wish_that_is_taken_is_an_order_that_was_given(tmp_path: Path) -> None:
    """The node is told so by the file's being gone."""
    done: list[int] = []
    systemd = threading.Thread(target=takes, args=(tmp_path, done))
    systemd.start()
    leave_wish(tmp_path, patience_s=60.0)
    systemd.join()
    assert done == [0]


def test_wish_that_nobody_takes_is_taken_back(tmp_path: Path) -> None:
    """The machine stays up, and the service that comes too late fails, so that it does not power off either."""
    with pytest.raises(HardwareError, match=r"nobody took it for 0 s; is torpor-halt\.path"):
        leave_wish(tmp_path, patience_s=0.0)
    assert list(tmp_path.iterdir()) == []
    assert subprocess.run(["/bin/rm", str(tmp_path / WISH)], check=False, capture_output=True).returncode != 0


def test_wish_that_cannot_be_left_says_where(tmp_path: Path) -> None:
    """Without the runtime folder there is nobody to ask."""
    with pytest.raises(HardwareError, match="cannot say that it wants the machine off"):
        leave_wish(tmp_path / "missing", patience_s=0.0)
