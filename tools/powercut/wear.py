"""The life of many records on an ext4 of their own, and what its device was given to write.

    python -m tools.powercut.wear RECORDS GROUP [ENCODING]

Started in a cell, as `cell` is. Each record has about 200 B; they come at the pace that fills a default group as its
time is up, are framed as a node frames them unless an encoding is named, sent every five minutes as by default,
receipted and deleted. The last line of the output is a JSON object.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from node.compress import TABLE
from node.compress.framer import Framer
from node.options import Spec
from node.transmit.outbox import Outbox, Params
from node.values import Receipt, Record, TimeQuality
from tools.powercut import mounts

if TYPE_CHECKING:
    from collections.abc import Iterator

DISK_BYTES: Final = 256 << 20
COLUMNS: Final = 22
"""Of nine bytes each in CBOR: digits that no encoding can make smaller."""
SEND_S: Final = 300.0
SECTOR_BYTES: Final = 512
DEFAULT: Final = Params()
EVERY_S: Final = DEFAULT.group_s / DEFAULT.group_records


def main(records: str, group: str, encoding: str = "auto") -> None:
    """Live, and print what it took."""
    with tempfile.TemporaryDirectory(prefix="torpor-cell-") as name:
        folder = Path(name)
        mounts.memory(folder)
        with (folder / "image").open("wb") as image:
            image.truncate(DISK_BYTES)
        mounts.ext4(folder / "image")
        with mounts.mounted(folder / "image", folder / "disk"):
            mounts.flush(folder / "disk")
            before = written_bytes(folder / "disk")
            left = live(folder / "disk" / "state", int(records), int(group), encoding)
            mounts.flush(folder / "disk")
            written = written_bytes(folder / "disk") - before
        mounts.unmount(folder)
    print(json.dumps({"records": int(records), "written_bytes": written, "left": left}))


def live(folder: Path, records: int, group: int, encoding: str = "auto") -> int:
    """Append, commit, frame, have receipted, delete; return how many records are left."""
    framer = Framer(Spec(encoding, TABLE[encoding], None))
    outbox = Outbox(folder / "outbox.db", Params(group_records=group), b"wear-1", framer.frame)
    sent_s = 0.0
    for number, record in enumerate(made(records)):
        now_s = number * EVERY_S
        outbox.append(record, now_s)
        if now_s - sent_s >= SEND_S:
            _send(outbox)
            sent_s = now_s
    _send(outbox)
    left = outbox.waiting
    outbox.close()
    return left


def made(count: int) -> Iterator[Record]:
    """Make records of about 200 B whose digits are noise."""
    rng = Random(1)
    for number in range(count):
        values = {f"column_{column}": rng.random() for column in range(COLUMNS)}
        yield Record(stream="wear", time_ms=number * 500, time_quality=TimeQuality.SYNCED, values=values)


def _send(outbox: Outbox) -> None:
    while frames := outbox.frames():
        for frame in frames:
            outbox.settle(Receipt(boot_id=frame.boot_id, ranges=frame.ranges))


def written_bytes(folder: Path) -> int:
    """Return what the device under a folder was given (Documentation/admin-guide/iostats.rst, field 7)."""
    device = folder.stat().st_dev
    stat = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat").read_text()
    return int(stat.split()[6]) * SECTOR_BYTES


if __name__ == "__main__":
    main(*sys.argv[1:])
