"""Which state to nap in (pure).

A board that only has a timed light sleep leaves no choice; the deeper states join this file's one decision, by
target residency and exit latency, as the Linux cpuidle governors take it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from node.options import option
from node.values import Nap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.hal import PowerState

MAX_NAP_S: Final = 86_400.0
"""A node looks up at least once a day: no setting, however well signed, can bury it for longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """The node's own rhythm; a policy may bend it within the hard limits."""

    period_s: float = option(
        "seconds from one sample to the next; 0 for as fast as it goes", default=60.0, least=0.0, most=MAX_NAP_S
    )


def plan(gap_s: float, states: Mapping[str, PowerState]) -> Nap:
    """Choose how to spend a gap.

    Args:
        gap_s: until the next deadline, in seconds; negative when it has passed.
        states: what the board has; `light` is used where it exists, else `idle`, else `active`.
    """
    if gap_s <= 0.0:
        return Nap(duration_s=0.0, state="active", reason="the deadline is here")
    state = next(name for name in ("light", "idle", "active") if name in states)
    return Nap(duration_s=min(gap_s, MAX_NAP_S), state=state, reason="timed light sleep, the only state wired")
