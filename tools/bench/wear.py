"""Flash wear: bytes that the device is given for one record of 200 B, in the whole of its life.

    python -m tools.bench wear [--json] [--records N] [--wakes N]

An ext4 of its own, the node's outbox with its default group commit (60 records or 30 s), and the node's own encoding:
each record is appended, committed, framed, receipted and deleted; checkpoints, the journal and the file system's own
blocks are in the count, which is the kernel's for the block device. The control commits each record by itself.

A node that halts between its cycles has one record a wake, and its state beside it: each fsync of a file or a folder
ends a transaction of the file system's journal, some 30 kB of it, whatever is in the file.

Needs root. A card wears by its own blocks, which are larger than these: the figure compares, it does not predict.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from node.transmit.outbox import Params
from tools.powercut import blocks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_BYTES = 1000
"""What is asked of the default."""


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Measure.

    Args:
        argv: `--records`, `--wakes`.

    Returns:
        `device_bytes_per_record` and `control_device_bytes_per_record`; how many records lived, and how many were left;
        `device_bytes_per_wake` of a node that halts after each record, and how many wakes there were.
    """
    parser = argparse.ArgumentParser(prog="wear", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--records", type=int, default=6000, help="that live (default: 6000)")
    parser.add_argument("--wakes", type=int, default=100, help="of a node that halts (default: 100)")
    options = parser.parse_args(argv)
    records = options.records
    reason = blocks.missing()
    if reason:
        raise SystemExit(f"no disk of our own here: {reason}")
    rows = {group: _lived(records, group) for group in (Params().group_records, 1)}
    ours, control = (round(row["written_bytes"] / records) for row in rows.values())
    return {
        "device_bytes_per_record": ours,
        "control_device_bytes_per_record": control,
        "records": records,
        "left": sum(row["left"] for row in rows.values()),
        "device_bytes_per_wake": _woken(options.wakes),
        "wakes": options.wakes,
    }


def _lived(records: int, group: int) -> dict[str, int]:
    print(f"{records} records, {group} a commit", file=sys.stderr, flush=True)
    return dict(json.loads(blocks.in_cell("tools.powercut.wear", str(records), str(group))))


def _woken(wakes: int) -> int:
    print(f"{wakes} wakes of a node that halts", file=sys.stderr, flush=True)
    told: dict[str, int] = json.loads(blocks.in_cell("tools.powercut.wakes", str(wakes)))
    return round(told["written_bytes"] / wakes)


def show(result: Mapping[str, object]) -> None:
    """Print both figures."""
    ours = result["device_bytes_per_record"]
    assert isinstance(ours, int)
    print(f"{ours} B to the device for a record of 200 B, {result['records']} records, {result['left']} left")
    print(f"{result['control_device_bytes_per_record']} B where each is committed by itself")
    print(f"{result['device_bytes_per_wake']} B a wake of a node that halts after each record")
    print(f"at most {MOST_BYTES} B: {'kept' if ours <= MOST_BYTES else 'NOT kept'}")
