"""Thinning: what a full outbox lets go (pure).

Dropping the oldest would leave a hole where the outage began, dropping the newest a hole where it ends. Keeping every
n-th leaves a coarser picture of all of it, and repeated passes make old data coarser than new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


def doomed(rows: Sequence[T], keep_every: int) -> list[T]:
    """Return the rows to drop: all but every n-th, counted back from the newest.

    The newest of several is always kept. A single row is dropped: there is nothing else left to give way.

    Args:
        rows: oldest first.
        keep_every: n, at least 2.

    >>> doomed([0, 1, 2, 3, 4, 5, 6, 7], 4)
    [0, 1, 2, 4, 5, 6]
    >>> doomed([5], 4)
    [5]
    """
    if len(rows) == 1:
        return list(rows)
    newest = len(rows) - 1
    return [row for index, row in enumerate(rows) if (newest - index) % keep_every]
