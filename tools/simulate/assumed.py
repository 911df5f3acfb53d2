"""What a simulation takes for granted: each figure with its quality and its source, as a board's file has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Assumption(NamedTuple):
    """One of them.

    Attributes:
        text: what it is.
        value: with its unit.
        quality: measured, official, derived or estimate.
        source: where it stands, or how it came about.
    """

    text: str
    value: str
    quality: str
    source: str


def show(assumptions: Iterable[Assumption]) -> None:
    """Print them for people."""
    print("\nAssumed:")
    for each in assumptions:
        print(f"  {each.text}: {each.value} ({each.quality}: {each.source})")
