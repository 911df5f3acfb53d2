"""Cascade: which windows a node asks a larger model about: those it is unsure of, while its budgets last (pure).

A budget is a bucket of tokens. Windows, bytes and joules refill evenly over the day and save up a day's worth at most,
so that a node which was sure all night may ask much in the morning, and never more than twice the budget in any day.
The share fills by itself with each window that is judged, beginning with one: it holds from the first window on,
however long the node is off between two of them.

Where a node is unsure of more than the share, it asks about those that it is least sure of: a bar, never above the
threshold, sinks with each window below it and rises with the others, until as many lie below it as may be asked about.

Source: Turner, New Directions in Communications, IEEE Communications Magazine 24(10), 1986, for the bucket; Robbins and
Monro, A Stochastic Approximation Method, Annals of Mathematical Statistics 22, 1951, for the bar, which is a quantile.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

from node.options import option

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY_S: Final = 86_400.0
SAVED_WINDOWS: Final = 1000
"""Windows whose share may be saved up."""
STEP: Final = 0.02
"""Of the bar: it finds another share within some hundred windows, and hardly trembles when it has."""
_EXACT: Final = 1e-9
"""Ten tenths are less than one, in binary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """`[cascade]`: ask the gateway's larger model about windows that this node is unsure of."""

    threshold: float = option(
        "confidence below which a window is unsure; `torpor calibrate` tells which share that is",
        default=0.8,
        least=0.0,
        most=1.0,
    )
    share: float = option("most of the windows that may be asked about, a share of them", default=0.1, least=0, most=1)
    daily: int = option("windows a day", default=100, least=0, most=10_000)
    daily_bytes: int = option("bytes a day, as they are sent", default=262_144, least=0)
    daily_j: float | None = option(
        "joules a day that sending them takes, by the node's own books; left out for no limit", default=None, least=0.0
    )
    priority: int = option("of these windows in the outbox; see `record.priority`", default=3, least=0, most=9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What is left to ask with.

    Attributes:
        windows: that may still be asked about.
        size_bytes: that they may still have.
        energy_mj: that sending them may still take.
        share: windows that the share of those judged so far is worth.
        bar: the confidence below which a window is asked about.
    """

    windows: float
    size_bytes: float
    energy_mj: float
    share: float
    bar: float

    def refilled(self, params: Params, elapsed_s: float) -> Budget:
        """Return it after some time; the buckets are no larger than they are now configured."""
        days = max(elapsed_s, 0.0) / DAY_S
        most = full(params)
        return replace(
            self,
            windows=min(self.windows + days * most.windows, most.windows),
            size_bytes=min(self.size_bytes + days * most.size_bytes, most.size_bytes),
            energy_mj=min(self.energy_mj + days * most.energy_mj, most.energy_mj) if days else self.energy_mj,
        )

    def judged(self, params: Params, confidence: float) -> Budget:
        """Return it after one more window was judged, sure or not."""
        bar = self.bar + STEP * (params.share - (confidence < self.bar))
        saved = min(self.share + params.share, max(params.share * SAVED_WINDOWS, 1.0))
        return replace(self, share=saved, bar=min(max(bar, 0.0), params.threshold))

    def lacking(self, size_bytes: int, energy_mj: float) -> str:
        """Say which budget does not last for a window; empty where all do.

        Args:
            size_bytes: of its message.
            energy_mj: that sending it takes.
        """
        if self.share < 1.0 - _EXACT:
            return "share"
        if self.windows < 1.0 - _EXACT:
            return "daily"
        if self.size_bytes < size_bytes:
            return "daily_bytes"
        return "daily_j" if self.energy_mj < energy_mj else ""

    def spent(self, size_bytes: int, energy_mj: float) -> Budget:
        """Return it after a window was sent."""
        return replace(
            self,
            windows=max(self.windows - 1.0, 0.0),
            size_bytes=self.size_bytes - size_bytes,
            energy_mj=self.energy_mj - energy_mj,
            share=max(self.share - 1.0, 0.0),
        )

    def memory(self) -> dict[str, float]:
        """Return what `recalled` makes it from again; a budget without a limit is not remembered."""
        return {name: value for name, value in asdict(self).items() if value != float("inf")}


def full(params: Params) -> Budget:
    """Return a day's budget, of which no window was judged yet."""
    energy_mj = float("inf") if params.daily_j is None else params.daily_j * 1000.0
    return Budget(
        windows=params.daily, size_bytes=params.daily_bytes, energy_mj=energy_mj, share=1.0, bar=params.threshold
    )


def recalled(params: Params, memory: Mapping[str, float]) -> Budget:
    """Return what an earlier start left, inside what is configured now; of nothing, a full one."""
    most = full(params)
    return Budget(
        windows=min(memory.get("windows", most.windows), most.windows),
        size_bytes=min(memory.get("size_bytes", most.size_bytes), most.size_bytes),
        energy_mj=min(memory.get("energy_mj", most.energy_mj), most.energy_mj),
        share=memory.get("share", most.share),
        bar=min(memory.get("bar", most.bar), most.bar),
    )
