"""When a fleet connects after a power cut: by the nodes' own phases, and in step, as it would without them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from node.transmit.schedule import phase

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt  # noqa: TC004 - an annotation of a dataclass; nothing resolves it

DAY_S: Final = 86_400
CUT_S: Final = 8 * 3600
"""When the power comes back; before that there is none."""


def in_step(_name: str) -> float:
    """Return no phase: the control, and what a fleet without phases does."""
    return 0.0


@dataclass(frozen=True, slots=True)
class Wakes:
    """Connections of a fleet over a day.

    Attributes:
        per_minute: of each minute.
        peak_per_s: in the busiest second.
    """

    per_minute: npt.NDArray[np.int64]
    peak_per_s: int


def wakes(nodes: int, intervals_s: Sequence[float], place: Callable[[str], float] = phase) -> Wakes:
    """Count connections, a second at a time.

    Args:
        nodes: how many; the n-th has the n-th interval, round and round.
        intervals_s: from transmission to transmission.
        place: of a node within its interval, by its name: the node's own function, or a control.
    """
    per_s = np.zeros(DAY_S, dtype=np.int64)
    places = np.array([place(f"node-{number}") for number in range(nodes)])
    for group, interval_s in enumerate(intervals_s):
        slots_s = CUT_S + places[group :: len(intervals_s)] * interval_s
        while slots_s.size and slots_s.min() < DAY_S:
            per_s += np.bincount(slots_s[slots_s < DAY_S].astype(np.int64), minlength=DAY_S)
            slots_s = slots_s + interval_s
    return Wakes(per_s.reshape(-1, 60).sum(axis=1), int(per_s.max()))
