"""`[commands]`: what a node lets itself be ordered; the options alone, which every start reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from node.options import Spec, option


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """`[commands]`: which orders of the gateway are carried out; `[commands.NAME]` has the options of one."""

    allow: tuple[str, ...] = option(
        "commands that are carried out; neither `raw` nor `reboot` is, unless it is named",
        default=("doctor", "identify"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders(Allowed):
    """`[commands]`, with the parts.

    Attributes:
        parts: those that are allowed, by name; one that is not here has its defaults.
    """

    parts: Mapping[str, Spec] = field(default_factory=dict)
