"""Dead band: a value that stays within a band of the last one kept is sent as that one again.

What is left are runs, which cost next to nothing. The error is at most the band, in either direction, and never
accumulates: a value is compared with what was kept, not with its neighbour.
Source: M. Miskowicz, "Send-On-Delta Concept: An Event-Based Data Reporting Strategy", Sensors 6 (2006) 49-63.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from node.compress.auto import Auto
from node.compress.auto import Params as AutoParams
from node.options import option
from node.wire.messages import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.messages import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """How far a value may wander unseen."""

    band: float = option("largest absolute error, in the columns' own unit", above=0)
    columns: tuple[str, ...] = option("the columns that may lose; empty for all numbers", default=())


class DeadBand:
    """Lossy, within `band`; words and missing values are never touched, and end a run."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self._inner = Auto(AutoParams())

    def pack(self, seqs: Sequence[int], times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
        """Pack a batch; see `Encoding`."""
        wanted = self._params.columns
        held = [self._hold(each) if not wanted or each.name in wanted else each for each in columns]
        return self._inner.pack(seqs, times_ms, held)

    def _hold(self, column: Column) -> Column:
        held: list[Value] = []
        kept: Value = None
        for value in column.values:
            inside = isinstance(value, (int, float)) and isinstance(kept, (int, float))
            if not (inside and abs(value - kept) <= self._params.band):  # type: ignore[operator]
                kept = value
            held.append(kept)
        return Column(name=column.name, values=held, width=column.width)
