"""`[lease]`: how long a node lets itself be kept awake; the options alone, which every start reads."""

from __future__ import annotations

from dataclasses import dataclass

from node.options import option


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """`[lease]`: stay up when the gateway asks for it, inside these limits, which nothing that is sent can move."""

    most_s: float = option(
        "hard limit: longest lease in seconds; 0: none is taken", default=900.0, least=0.0, most=86_400.0
    )
    daily_s: float = option(
        "hard limit: seconds a day of all leases together", default=3600.0, least=0.0, most=86_400.0
    )
    least_charge: float = option(
        "hard limit: share of the battery below which the node does not stay up, where `[energy]` knows it",
        default=0.3,
        least=0.0,
        most=1.0,
    )
