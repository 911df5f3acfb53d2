"""The group: records in memory, on their way to the disk together.

A commit costs the flash pages whatever it brings, so records wait for each other, and all of a group are lost in a
power cut. It is full by count or by size: windows are large, and would wait in memory for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from node.transmit.thinning import doomed

if TYPE_CHECKING:
    from node.transmit.framing import Series

FULL_BYTES: Final = 1 << 16
"""Of bodies: beyond, a commit is mostly data, and waiting saves no page."""
MOST_BYTES: Final = 1 << 22
"""That wait in memory while the disk refuses them."""


class Entry(NamedTuple):
    """A record on its way in. A tuple, for one is made in every cycle.

    Attributes:
        series: what it shares with its neighbours.
        seq: its place in this boot.
        time_ms: the sample's time.
        body: CBOR array of the values, in the series' column order.
    """

    series: Series
    seq: int
    time_ms: int
    body: bytes


class Group:
    """Records that are not on disk yet.

    Attributes:
        entries: oldest first.
        shed: how many were let go because the disk refused them for too long.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.shed = 0
        self._size_bytes = 0
        self._since_s = 0.0

    def __len__(self) -> int:
        return len(self.entries)

    def add(self, entry: Entry, now_s: float) -> None:
        """Take a record in; the first one begins the wait."""
        if not self.entries:
            self._since_s = now_s
        self.entries.append(entry)
        self._size_bytes += len(entry.body)

    def is_full(self, most_records: int) -> bool:
        """Whether it is worth a commit."""
        return len(self.entries) >= most_records or self._size_bytes >= FULL_BYTES

    def has_waited(self, most_s: float, now_s: float) -> bool:
        """Whether its first record has waited long enough."""
        return bool(self.entries) and now_s - self._since_s >= most_s

    def clear(self) -> None:
        """Forget what reached the disk."""
        self.entries.clear()
        self._size_bytes = 0

    def bound(self, most_records: int, keep_every: int) -> None:
        """Thin the lowest priority, as `Shelf.thin` does on disk, where more waits than memory has room for."""
        while len(self.entries) > most_records or self._size_bytes > MOST_BYTES:
            lowest = min(entry.series.priority for entry in self.entries)
            gone = set(doomed([entry.seq for entry in self.entries if entry.series.priority == lowest], keep_every))
            self.entries = [entry for entry in self.entries if entry.seq not in gone]
            self._size_bytes = sum(len(entry.body) for entry in self.entries)
            self.shed += len(gone)
