"""How a name in a configuration becomes a part.

Each room keeps `TABLE: Final = {"name": "module:Class"}`: sorted, lazy, greppable. Nothing is imported
until it is used, nothing registers itself. Other people's parts come in by entry points, in the group
`torpor.<room>`, under a name that the room does not use yet.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def load(target: str) -> Callable[..., object]:
    """Import `module:Class`.

    >>> load("fractions:Fraction")("1/2")
    Fraction(1, 2)
    """
    module, _, name = target.partition(":")
    return cast("Callable[..., object]", getattr(importlib.import_module(module), name))


def params_of(target: str) -> type:
    """Return the `Params` that stands beside the class, in the same module."""
    module, _, _ = target.partition(":")
    return cast("type", importlib.import_module(module).Params)


class Guests(Mapping[str, str]):
    """A room's TABLE, and behind it what other distributions offer for the room.

    They are looked up only when a name is not found at home, for that costs 15 ms; the room's own names win.
    """

    def __init__(self, room: str, table: Mapping[str, str]) -> None:
        """Put the TABLE in front.

        Args:
            room: such as `sense`; guests register in the entry point group `torpor.sense`.
            table: the room's own.
        """
        self._room = room
        self._table = table

    @cached_property
    def _all(self) -> Mapping[str, str]:
        from importlib.metadata import entry_points

        return {each.name: each.value for each in entry_points(group=f"torpor.{self._room}")} | dict(self._table)

    def __getitem__(self, name: str) -> str:
        return self._table[name] if name in self._table else self._all[name]

    def __contains__(self, name: object) -> bool:
        return name in self._table or name in self._all

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)
