"""Outboxes for tests: opened, filled, crashed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from node.transmit.outbox import Outbox, Params
from tests.node.transmit.worlds import BOOT, NEXT_BOOT, decode, encode, receipt_for, record, seqs_of

if TYPE_CHECKING:
    from pathlib import Path

    from node.transmit.store import Connect


def open_outbox(folder: Path, boot_id: bytes = BOOT, *, connect: Connect | None = None, **options: object) -> Outbox:
    """Open the outbox of a folder."""
    return Outbox(folder / "outbox.db", Params(**options), boot_id, encode, connect)  # type: ignore[arg-type]  # as options


def fill(outbox: Outbox, count: int, *, priority: int = 5, stream: str = "results") -> None:
    """Append records at one instant."""
    for number in range(count):
        outbox.append(record(number, priority=priority, stream=stream), 0.0)


def crash(outbox: Outbox) -> None:
    """End without committing, as a killed process does."""
    outbox._shut()


def sent(outbox: Outbox) -> list[int]:
    """Send all that there is, each message receipted at once, and return the seqs in their order."""
    seqs: list[int] = []
    while frames := outbox.frames(limit_count=2):
        for frame in frames:
            seqs += seqs_of(frame)
            outbox.settle(receipt_for(frame))
    return seqs


def drained(folder: Path) -> list[tuple[str, int]]:
    """Empty the outbox that somebody left in a folder.

    Returns:
        Boot id in hex and seq of every record, as often as it came.
    """
    found: list[tuple[str, int]] = []
    outbox = open_outbox(folder, NEXT_BOOT)
    while frames := outbox.frames():
        for frame in frames:
            boot_id, rows = decode(frame.payload)
            found += [(boot_id.hex(), seq) for seq, _, _ in rows]
            outbox.settle(receipt_for(frame))
    outbox.close()
    return found
