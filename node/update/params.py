"""What an operator may set of updates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from node.options import option


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """`[update]`: fetch models that the gateway offers, prove them, let them answer; `infer.model` is the factory's."""

    root: Path = option("the publisher's first root, `1.root.json`: who may ever change this node's model")
    awake_s: float = option("most seconds that a transmission takes longer for it", default=20.0, above=0.0, most=600.0)
    energy_j: float = option(
        "most joules of a transmission for it, by the board's active draw", default=60.0, above=0.0
    )
    least_charge: float = option(
        "share of the battery below which nothing is fetched, where `[energy]` knows it",
        default=0.3,
        least=0.0,
        most=1.0,
    )
    most_mb: float = option("largest model in MB", default=16.0, above=0.0, most=64.0)
    cache_mb: float = option(
        "most MB that files which came may take, beside the slots; what was not of use for longest goes",
        default=64.0,
        least=0.0,
    )
    selftest_s: float = option("longest self-test in seconds", default=60.0, least=1.0, most=600.0)
    selftest_mb: int = option("most memory that it may take in MB", default=1024, least=64)
    shadow_windows: int = option("windows that a new model answers beside the old one", default=20, least=1)
    shadow_s: float = option("or as many as there are after so many seconds", default=86_400.0, least=0.0)
    agreement: float = option("share of them in which both must agree", default=0.9, least=0.0, most=1.0)
