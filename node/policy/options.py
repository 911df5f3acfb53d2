"""`[policy]`: whose word a node takes, and how far; the options alone, which every start reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from node.options import option

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """`[policy]`: follow the gateway's signed policies, inside these limits; without the section none is followed."""

    keys: Path = option("file with the public keys that may sign policies, one a line, in hexadecimal")
    group: str = option("group of nodes that this one is addressed with", default="", pattern=r"[a-z0-9-]{0,32}")
    contact_s: float = option(
        "seconds without a word of the gateway after which a new policy gives way to the last good one",
        default=_DAY_S,
        above=0.0,
    )
    fastest_s: float = option("hard limit: least seconds from sample to sample", default=1.0, above=0.0)
    slowest_s: float = option("hard limit: most seconds from sample to sample", default=_DAY_S, above=0.0, most=_DAY_S)
    eager_s: float = option("hard limit: least seconds from transmission to transmission", default=10.0, above=0.0)
    patient_s: float = option(
        "hard limit: most seconds from transmission to transmission", default=_DAY_S, above=0.0, most=_DAY_S
    )
    gate_factor: float = option(
        "hard limit: how many times larger or smaller than configured a number of the gate may be made",
        default=10.0,
        least=1.0,
    )
    least_reserve: float = option("hard limit: least `energy.reserve`", default=0.1, least=0.05, most=0.9)
    most_quiet_h: float = option("hard limit: most hours a day without transmissions", default=12.0, least=0.0, most=16)

    def __post_init__(self) -> None:
        if self.fastest_s > self.slowest_s or self.eager_s > self.patient_s:
            raise ValueError("fastest_s to slowest_s, and eager_s to patient_s, are ranges: the least first")
