"""Whether a battery bears a start (pure): asked at boot, before radio and flash are touched.

A node that browns out, boots on the first ray, and spends it on Wi-Fi browns out again, until its file system is the
victim. So it looks at the battery first, and waits, longer each time, until there is a margin; one that had not
browned out needs less of it. Meshtastic's SafeBoot (firmware PR 10391) does the same, from 120 to 600 s on
microcontrollers; here a look may cost a boot, and the longest wait is an hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from node.options import option

if TYPE_CHECKING:
    from node.sleep.battery import Charge

GO: Final = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """`[energy.guard]`: when a start is put off."""

    least: float = option(
        "share of the battery, for sure, at which a start is borne", default=0.05, least=0.0, most=1.0
    )
    recovered: float = option(
        "share that it takes after a brown-out, or once a start was put off", default=0.15, least=0.0, most=1.0
    )
    first_s: float = option("the first wait in seconds", default=120.0, above=0.0)
    most_s: float = option("the longest wait in seconds; each is twice the one before", default=3600.0, above=0.0)

    def __post_init__(self) -> None:
        if not 0.0 <= self.least <= self.recovered < 1.0:
            raise ValueError(f"least {self.least:g} to recovered {self.recovered:g} is no range below 1")
        if not 0.0 < self.first_s <= self.most_s:
            raise ValueError(f"first_s {self.first_s:g} to most_s {self.most_s:g} is no range above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """An answer.

    Attributes:
        wait_s: before asking again, with all off that can be; 0: go.
        reason: for a person.
    """

    wait_s: float
    reason: str

    @property
    def goes(self) -> bool:
        """Whether to start now."""
        return self.wait_s <= GO


def start(charge: Charge, *, waits: int, browned_out: bool, params: Params = Params()) -> Start:
    """Say whether to start.

    Args:
        charge: what a first look at the battery says.
        waits: how often this start was put off already.
        browned_out: the last life ended without a goodbye.
        params: when to start.

    Returns:
        Go, or how long to wait. A battery that nobody can see puts a start after a brown-out off once, and then lets
        it go, at the slowest rhythm: a broken gauge must not bury a node.
    """
    wait_s = min(params.first_s * 2.0 ** min(waits, 64), params.most_s)
    if charge.witness == "none":
        if browned_out and waits == 0:
            return Start(wait_s=wait_s, reason=f"after a brown-out, once: {charge.reason}")
        return Start(wait_s=GO, reason=f"go slowly: {charge.reason}")
    needed = params.recovered if browned_out or waits else params.least
    if charge.sure >= needed:
        return Start(wait_s=GO, reason=f"go: {charge.sure:.0%} for sure")
    return Start(wait_s=wait_s, reason=f"{charge.sure:.0%} for sure, of {needed:.0%} needed; {charge.reason}")
