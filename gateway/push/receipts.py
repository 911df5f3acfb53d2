"""Receipts: what a node may forget, because it is committed here.

The broker's PUBACK says nothing of the kind (it acknowledged 1,000 of 1,000 messages that then died with it), so the
gateway says it itself, after its own commit. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.ingest.dedupe import newest, runs
from node.wire.messages import Receipt, Receipts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gateway.ingest.dedupe import Range

MOST_RANGES: Final = 64
"""Ranges of one boot in a watermark; the oldest are left out, and a resend brings them back."""
MOST_BOOTS: Final = 4
"""Boots in a watermark: a node has one outbox, and rarely more than one boot in it."""
_PER_MESSAGE: Final = 512
"""Ranges in one Receipts message, far inside the wire's bound on items."""

Taken = dict[bytes, list[int]]
"""boot_id to the seqs that a commit took, duplicates included: their sender missed the first receipt."""


def compose(taken: Mapping[bytes, Sequence[int]]) -> list[Receipts]:
    """Return the messages that tell one node what was committed of each boot."""
    receipts = [
        Receipt(boot_id=boot_id, ranges=part)
        for boot_id, seqs in taken.items()
        for part in _parts(runs(seqs), _PER_MESSAGE)
    ]
    messages, room = [list[Receipt]()], _PER_MESSAGE
    for receipt in receipts:
        if len(receipt.ranges) > room or len(messages[-1]) >= 32:
            messages.append([])
            room = _PER_MESSAGE
        messages[-1].append(receipt)
        room -= len(receipt.ranges)
    return [Receipts(receipts=each) for each in messages if each]


def watermarks(boots: Iterable[tuple[bytes, tuple[Range, ...]]]) -> tuple[Receipt, ...]:
    """Return the same knowledge for a retained `desired`, bounded.

    Args:
        boots: boot_id and what was seen of it, the newest boot first.
    """
    kept = [(boot_id, newest(ranges, MOST_RANGES)) for boot_id, ranges in boots if ranges][:MOST_BOOTS]
    return tuple(Receipt(boot_id=boot_id, ranges=ranges) for boot_id, ranges in kept)


def _parts(ranges: tuple[Range, ...], size: int) -> list[tuple[Range, ...]]:
    return [ranges[at : at + size] for at in range(0, len(ranges), size)]
