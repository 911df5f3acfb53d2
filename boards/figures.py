"""What every figure on a board carries: how well it is known, and where it stands.

Units stand in the keys: `_mw`, `_mj`, `_ms`, `_khz`. A figure that was recalled and not looked up begins its source
with "recalled:"; an estimate says in its source how it was made.
"""

from __future__ import annotations

from dataclasses import dataclass

from node.hal import Quality
from node.options import option


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A group of figures that come from one place."""

    quality: Quality = option("how well the figures are known")
    source: str = option("where the figures stand, or how they were estimated", pattern=r".*\S.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw(Cited):
    """What something draws, at the input unless it says otherwise."""

    power_mw: float = option("mean draw in mW", least=0)
    power_min_mw: float | None = option("least draw seen in mW", default=None, least=0)
    power_max_mw: float | None = option("most draw seen in mW", default=None, least=0)

    def __post_init__(self) -> None:
        least_mw = self.power_mw if self.power_min_mw is None else self.power_min_mw
        most_mw = self.power_mw if self.power_max_mw is None else self.power_max_mw
        if not least_mw <= self.power_mw <= most_mw:
            raise ValueError(f"power_mw {self.power_mw:g} is not between its least {least_mw:g} and most {most_mw:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost(Cited):
    """What a transition takes: all that the board draws meanwhile, where its table does not say otherwise."""

    time_ms: float = option("how long it takes in ms", least=0)
    energy_mj: float = option("what is drawn in that time in mJ", least=0)
