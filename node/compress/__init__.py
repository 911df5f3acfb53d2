"""Compress: one file per encoding of a batch, and the chooser among them.

What the bits mean is the contract's affair and stands in `node.wire.coding`, where both peers find it; this room
decides which of them to use, and what may be lost: nothing, unless a `dead_band` or a `quantise` with a stated
error was asked for.

To add one: the bit layout with both directions in `node/wire/coding`, a file here, a line in TABLE, a docs row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.messages import Column

TABLE: Final = {
    "auto": "node.compress.auto:Auto",
    "dead_band": "node.compress.dead_band:DeadBand",
    "delta": "node.compress.delta:Delta",
    "entropy": "node.compress.entropy:Entropy",
    "general": "node.compress.general:General",
    "pcodec": "node.compress.pcodec:Pcodec",
    "quantise": "node.compress.quantise:Quantise",
    "raw": "node.compress.raw:Raw",
}


class Encoding(Protocol):
    """A way to pack a batch. Constructed as `Class(params)`; it keeps nothing from one batch to the next."""

    def pack(self, seqs: Sequence[int], times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
        """Return the body of a Results message, as `node.wire.coding.batch.unpack` reads it.

        Raises:
            ValueError: the columns are not equally long, too many, or hold what no column can.
        """
        ...
