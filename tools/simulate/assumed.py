"""What a simulation takes for granted: each figure with its quality and its source, as a board's file has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


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


def told(assumptions: Iterable[Assumption]) -> list[dict[str, str]]:
    """Return them for programs."""
    return [each._asdict() for each in assumptions]


def show(told: Iterable[Mapping[str, str]]) -> None:
    """Print them for people."""
    print("\nAssumed:")
    for each in told:
        print(f"  {each['text']}: {each['value']} ({each['quality']}: {each['source']})")
