"""Flash wear: bytes that the device is given for one record of 200 B, in the whole of its life.

    python -m tools.bench wear [--json] [--records N]

An ext4 of its own, the node's outbox with its default group commit (60 records or 30 s), and the node's own encoding:
each record is appended, committed, framed, receipted and deleted; checkpoints, the journal and the file system's own
blocks are in the count, which is the kernel's for the block device. The control commits each record by itself.

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
        argv: `--records`.

    Returns:
        `device_bytes_per_record` and `control_device_bytes_per_record`; how many records lived, and how many were left.
    """
    parser = argparse.ArgumentParser(prog="wear", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--records", type=int, default=6000, help="that live (default: 6000)")
    records = parser.parse_args(argv).records
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
    }


def _lived(records: int, group: int) -> dict[str, int]:
    print(f"{records} records, {group} a commit", file=sys.stderr, flush=True)
    return dict(json.loads(blocks.in_cell("tools.powercut.wear", str(records), str(group))))


def show(result: Mapping[str, object]) -> None:
    """Print both figures."""
    ours = result["device_bytes_per_record"]
    assert isinstance(ours, int)
    print(f"{ours} B to the device for a record of 200 B, {result['records']} records, {result['left']} left")
    print(f"{result['control_device_bytes_per_record']} B where each is committed by itself")
    print(f"at most {MOST_BYTES} B: {'kept' if ours <= MOST_BYTES else 'NOT kept'}")
