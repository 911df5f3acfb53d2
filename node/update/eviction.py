"""Eviction: what has to go so that the rest fits. Pure; node and gateway share the rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A file that is here.

    Attributes:
        name: its digest.
        size_bytes: what it takes.
        used: when it was last of use; only the order counts.
    """

    name: str
    size_bytes: int
    used: int


def evicted(held: Iterable[Held], pinned: Collection[str], budget_bytes: int) -> list[str]:
    """Return what has to go: the least recently used first, and no more than is needed.

    Args:
        held: all that is here.
        pinned: what never goes, whatever it takes; it counts, so that others go for it.
        budget_bytes: what all of it may take.

    >>> files = [Held(name=name, size_bytes=4, used=used) for name, used in (("a", 3), ("b", 1), ("c", 2))]
    >>> evicted(files, {"b"}, 8)
    ['c']
    """
    oldest_first = sorted(held, key=lambda each: (each.used, each.name))
    over_bytes = sum(each.size_bytes for each in oldest_first) - budget_bytes
    gone = []
    for each in oldest_first:
        if over_bytes > 0 and each.name not in pinned and each.size_bytes:
            gone.append(each.name)
            over_bytes -= each.size_bytes
    return gone
