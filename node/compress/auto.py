"""Auto: tries the encodings that are worth it and keeps the smallest; never larger than the best of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from node.options import option
from node.wire.coding import batch
from node.wire.coding.batch import EVERYWHERE, Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.messages import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """How much work a batch may be, and what the gateway can read."""

    libraries: bool = option("also try zstd and pcodec; the gateway then needs torpor[compress] too", default=False)
    most_values: int = option(
        "batches of more values than this take the delta encoding, to save the model's work", default=16384, least=0
    )


class Auto:
    """The default. Its own model wins nearly always, so the libraries are not tried unless asked for."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self._layouts = batch.available() if params.libraries else EVERYWHERE

    def pack(self, seqs: Sequence[int], times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
        """Pack a batch; see `Encoding`."""
        large = len(seqs) * len(columns) > self._params.most_values
        layouts = [each for each in self._layouts if not (large and each == Layout.ENTROPY)]
        return batch.pack(seqs, times_ms, columns, layouts=layouts)
