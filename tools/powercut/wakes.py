"""The life of a node that halts between its cycles, on an ext4 of its own, and what its device was given to write.

    python -m tools.powercut.wakes COUNT

Started in a cell, as `cell` is. Each wake is a start: it reads a sensor, keeps one record, sends it, has its receipt,
and leaves its state on disk; the file system stays mounted. The first few, which make the files, are not counted. The
last line of the output is a JSON object.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from boards import open_ports
from node.app import App
from node.config import load_strictly
from tools.powercut import mounts
from tools.powercut.wear import DISK_BYTES, written_bytes
from tools.simulate.courier import Air, Courier, Gateway

if TYPE_CHECKING:
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox

BOARD: Final = "rpi-zero-2w"
FIRST: Final = 10
"""Wakes that make the files; not counted."""
NODE: Final = f"""
[node]
site = "field"
name = "well"
board = "{BOARD}"
state_dir = "disk/state"
[sense.air]
part = "signal"
channel = "temperature"
unit = "Cel"
offset = 20.0
drift_per_s = 0.01
[transmit]
interval_s = 600.0
[sleep]
period_s = 600.0
deepest = "off"
"""


def main(count: str) -> None:
    """Live, and print what it took."""
    with tempfile.TemporaryDirectory(prefix="torpor-cell-") as name:
        folder = Path(name)
        mounts.memory(folder)
        with (folder / "image").open("wb") as image:
            image.truncate(DISK_BYTES)
        mounts.ext4(folder / "image")
        (folder / "node.toml").write_text(NODE)
        with mounts.mounted(folder / "image", folder / "disk"):
            told = live(folder, int(count))
        mounts.unmount(folder)
    print(json.dumps(told))


def live(folder: Path, count: int) -> dict[str, int]:
    """Wake so often, and return what the device was given and how many records arrived."""
    ports, gateway = open_ports(BOARD, clock="virtual"), Gateway()

    def spend(seconds: float) -> None:
        ports.sleeper.sleep(seconds)

    air = Air(gateway=gateway, spend=spend, join_s=1.0)

    def carry(outbox: Outbox, inbox: Inbox) -> Courier:
        return Courier(outbox, inbox, air)

    before = 0
    for wake in range(FIRST + count):
        if wake == FIRST:
            mounts.flush(folder / "disk")
            before = written_bytes(folder / "disk")
        App(load_strictly(folder / "node.toml"), ports=ports, carry=carry).run()
    mounts.flush(folder / "disk")
    written = written_bytes(folder / "disk") - before
    return {"wakes": count, "written_bytes": written, "arrived": len(gateway.times_ms)}


if __name__ == "__main__":
    main(*sys.argv[1:])
