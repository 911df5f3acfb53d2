"""What the gateway has receipted, and a disk that refuses has not forgotten: so that it is not sent again and again."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from node.transmit.ranges import common
from node.values import Receipt

if TYPE_CHECKING:
    from node.transmit.shelf import Shelf

MOST: Final = 1000
"""Frames; what is beyond is sent once more, and the gateway drops it."""


class Owed:
    """Receipts of frames that were really sent, in the memory of this process; a restart sends them once more."""

    def __init__(self) -> None:
        """Owe nothing."""
        self._receipts: deque[Receipt] = deque(maxlen=MOST)

    def add(self, shelf: Shelf, receipt: Receipt) -> None:
        """Remember what of a receipt is of the shelf's frames; the rest was never sent, and stays void.

        Args:
            shelf: before it has forgotten them.
            receipt: the gateway's.
        """
        for kept in shelf.frames.values():
            if shelf.series[kept.series].boot_id == receipt.boot_id and (got := common(kept.ranges, receipt.ranges)):
                self._receipts.append(Receipt(boot_id=receipt.boot_id, ranges=tuple(got)))

    def settle(self, shelf: Shelf) -> int:
        """Have a shelf that was made anew forget it again; returns how many records."""
        return sum(shelf.settle(each) for each in self._receipts)

    def clear(self) -> None:
        """It is on disk."""
        self._receipts.clear()
