"""How a name in a configuration becomes a part.

Each room keeps `TABLE: Final = {"name": "module:Class"}`: sorted, lazy, greppable. Nothing is imported
until it is used, nothing registers itself. Other people's parts come in by entry points, in the group
`torpor.<room>`, under a name that the room does not use yet.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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


def with_guests(room: str, table: Mapping[str, str]) -> Mapping[str, str]:
    """Return a room's TABLE together with what other distributions offer for it.

    Args:
        room: such as `sense`.
        table: the room's own; its names win.

    Returns:
        Name to `module:Class`.
    """
    from importlib.metadata import entry_points  # 15 ms: only when a name was not found at home

    return {each.name: each.value for each in entry_points(group=f"torpor.{room}")} | dict(table)
