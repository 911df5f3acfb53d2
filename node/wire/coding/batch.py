"""The body of a Results message: seqs, times and columns, packed into one byte string and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cbor2

from node.wire.errors import WireError
from node.wire.messages import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_ROWS = 4096
MOST_COLUMNS = 64

Batch = tuple[list[int], list[int], list[Column]]
"""Seqs, times in milliseconds, and columns, all equally long."""


def pack(seqs: Sequence[int], times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
    """Pack a batch.

    Args:
        seqs: ascending, 1 to 4096 of them.
        times_ms: one a row.
        columns: 1 to 64, one value a row each.

    Returns:
        The bytes that stand for the batch in a Results message.

    Raises:
        ValueError: the parts are not equally long, or too many.
    """
    rows = len(seqs)
    if not 1 <= rows <= MOST_ROWS or len(times_ms) != rows or any(len(each.values) != rows for each in columns):
        raise ValueError(f"a batch has 1 to {MOST_ROWS} rows, and as many times and values")
    table = [[each.name, each.width, list(each.values)] for each in columns]
    return cbor2.dumps([list(seqs), list(times_ms), table])


def unpack(body: object) -> Batch:
    """Undo `pack`.

    Raises:
        WireError: the body is not one that `pack` gives.
    """
    try:
        seqs, times_ms, table = cbor2.loads(body)  # type: ignore[arg-type]
        columns = [Column(name=name, width=width, values=values) for name, width, values in table]
    except (ValueError, TypeError, cbor2.CBORDecodeError) as error:
        raise WireError("bad-body", str(error)) from error
    return list(seqs), list(times_ms), columns
