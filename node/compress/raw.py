"""Raw: scaled whole numbers in as many bytes as they need, for the least work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from node.wire.coding import batch
from node.wire.coding.batch import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.messages import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Raw has no options."""


class Raw:
    """No steps, no model: a byte string that is read as fast as it is written."""

    def __init__(self, params: Params) -> None:
        self._params = params

    def pack(self, seqs: Sequence[int], times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
        """Pack a batch; see `Encoding`."""
        return batch.pack(seqs, times_ms, columns, layouts=(Layout.RAW,))
