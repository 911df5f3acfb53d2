"""What a trial reads of a node's disk is what the outbox itself would say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.node.transmit.outboxes import drained, fill, open_outbox
from tools.chaos import disks

if TYPE_CHECKING:
    from pathlib import Path


def test_outbox_that_was_filled_and_then_drained_is_read_as_such(tmp_path: Path) -> None:
    """Records that wait are seen to wait, whatever the layout; those that were receipted are gone."""
    path = tmp_path / "outbox.db"
    assert disks.outbox(path) == disks.Disk()
    outbox = open_outbox(tmp_path)
    fill(outbox, 25)
    outbox.close()
    assert disks.outbox(path) == disks.Disk(committed=25, waiting=25)
    assert len(drained(tmp_path)) == 25
    assert disks.outbox(path) == disks.Disk(committed=25, waiting=0)
