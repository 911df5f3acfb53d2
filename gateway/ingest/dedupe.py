"""What of a boot has been seen: a set of sequence numbers, kept as intervals.

The truth is the database's unique key; this is its memory, so that the common case asks nobody. A node that counts
up costs one interval, whatever it sent. A node whose outbox was thinned, or that plays tricks, makes many: the lowest
are then let go below a `floor`, where the answer becomes "ask the database" and never a guess, because a wrong
"seen" would be a lost record.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_RUNS: Final = 4096

Range = tuple[int, int]
"""Inclusive (first, last)."""


class Seen:
    """The sequence numbers of one boot.

    Args:
        ranges: inclusive, ascending, disjoint.
        floor: below it, what is not in the ranges is unknown.

    >>> seen = Seen([(1, 4)])
    >>> seen.add(5), seen.add(3), seen.add(9), seen.ranges
    (True, False, True, ((1, 5), (9, 9)))
    """

    __slots__ = ("_firsts", "_lasts", "floor")

    def __init__(self, ranges: Iterable[Range] = (), floor: int = 0) -> None:
        pairs = list(ranges)
        self._firsts = [first for first, _ in pairs]
        self._lasts = [last for _, last in pairs]
        self.floor = floor

    @property
    def ranges(self) -> tuple[Range, ...]:
        """What is surely seen, ascending and disjoint, with a gap between neighbours."""
        return tuple(zip(self._firsts, self._lasts, strict=True))

    def add(self, seq: int) -> bool | None:
        """Note that `seq` is here.

        Returns:
            True where it is new, False where it was seen, None where only the database can tell.
        """
        lasts = self._lasts
        if lasts and seq == lasts[-1] + 1:  # a node that counts up
            lasts[-1] = seq
            return True
        at = bisect_right(self._firsts, seq) - 1
        if at >= 0 and seq <= lasts[at]:
            return False
        if seq < self.floor:
            return None
        self._insert(at, seq)
        return True

    def _insert(self, at: int, seq: int) -> None:
        """Put `seq` into the gap after run `at`, joining what it touches."""
        firsts, lasts = self._firsts, self._lasts
        touches_left = at >= 0 and lasts[at] + 1 == seq
        touches_right = at + 1 < len(firsts) and firsts[at + 1] == seq + 1
        if touches_left and touches_right:
            lasts[at] = lasts.pop(at + 1)
            del firsts[at + 1]
        elif touches_left:
            lasts[at] = seq
        elif touches_right:
            firsts[at + 1] = seq
        else:
            firsts.insert(at + 1, seq)
            lasts.insert(at + 1, seq)
            self._let_go()

    def _let_go(self) -> None:
        if len(self._firsts) > MOST_RUNS:
            self.floor = max(self.floor, self._lasts[0] + 1)
            del self._firsts[0], self._lasts[0]

    def holds(self, seq: int) -> bool:
        """Whether `seq` is surely seen."""
        at = bisect_right(self._firsts, seq) - 1
        return at >= 0 and seq <= self._lasts[at]


def runs(seqs: Iterable[int]) -> tuple[Range, ...]:
    """Turn sequence numbers, in any order, into inclusive ranges, ascending and disjoint.

    >>> runs([3, 1, 2, 9])
    ((1, 3), (9, 9))
    """
    found: list[Range] = []
    for seq in sorted(set(seqs)):
        if found and seq == found[-1][1] + 1:
            found[-1] = (found[-1][0], seq)
        else:
            found.append((seq, seq))
    return tuple(found)


def newest(ranges: tuple[Range, ...], most: int) -> tuple[Range, ...]:
    """Keep the highest `most` ranges: all of them are true, and the oldest matter least."""
    return ranges[max(0, len(ranges) - most) :]
