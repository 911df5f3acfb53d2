"""Ranges: sets of seqs as inclusive (first, last) pairs, ascending and disjoint (pure).

A day's records are one pair; a thinned outbox is many. Receipts, frames and the wire all speak in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Range = tuple[int, int]
Ranges = tuple[Range, ...]


def ranges_of(seqs: Iterable[int]) -> Ranges:
    """Return the ranges that hold exactly these seqs.

    Args:
        seqs: strictly ascending.

    >>> ranges_of([1, 2, 3, 7, 9, 10])
    ((1, 3), (7, 7), (9, 10))
    """
    found: list[Range] = []
    for seq in seqs:
        if found and seq == found[-1][1] + 1:
            found[-1] = (found[-1][0], seq)
        else:
            found.append((seq, seq))
    return tuple(found)


def count(ranges: Iterable[Range]) -> int:
    """Return how many seqs they hold.

    >>> count(((1, 3), (7, 7)))
    4
    """
    return sum(last - first + 1 for first, last in ranges)


def common(one: Sequence[Range], other: Sequence[Range]) -> Ranges:
    """Return what both hold; each must be ascending and disjoint.

    >>> common(((1, 5), (8, 9)), ((4, 8),))
    ((4, 5), (8, 8))
    """
    found: list[Range] = []
    i = j = 0
    while i < len(one) and j < len(other):
        first, last = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if first <= last:
            found.append((first, last))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def gaps(spans: Iterable[Range], within: Range) -> Ranges:
    """Return what `within` holds and none of the spans does.

    Args:
        spans: in any order, disjoint.
        within: the whole.

    >>> gaps([(3, 4), (8, 20)], (0, 10))
    ((0, 2), (5, 7))
    """
    found: list[Range] = []
    start, end = within
    for first, last in sorted(spans):
        if start < first:
            found.append((start, min(first - 1, end)))
        start = max(start, last + 1)
    if start <= end:
        found.append((start, end))
    return tuple(found)
