"""The cheap layout: steps from cell to cell, zigzag, in as few bits as each block of sixteen needs.

Per lane: the order (0: cells, 1: steps, 2: steps of steps), the first cell, then the lane in blocks: six bits for the
width of a block, sixteen numbers of that width. After Sprintz (Blalock, Madden, Guttag 2018) and simple-8b.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from node.wire.coding.octets import Reader, unzigzag, varint, zigzag
from node.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.coding.table import Lane

BLOCK: Final = 16
MOST_ORDER: Final = 2
WIDTH_BITS: Final = 7


def pack(lanes: Sequence[Lane]) -> bytes:
    """Pack lanes, each in the order that comes out smallest."""
    return b"".join(min((_lane(lane.cells, order) for order in range(MOST_ORDER + 1)), key=len) for lane in lanes)


def unpack(reader: Reader, lanes: Sequence[Lane], rows: int) -> list[list[int]]:
    """Undo `pack`."""
    return [_unlane(reader, rows) for _ in lanes]


def _lane(cells: Sequence[int], order: int) -> bytes:
    steps = list(cells)
    for _ in range(order):
        steps = [steps[0], *[b - a for a, b in pairwise(steps)]]
    folded = [zigzag(step) for step in steps[1:]]
    value = filled = 0
    for at in range(0, len(folded), BLOCK):
        block = folded[at : at + BLOCK]
        width = max(block).bit_length()
        value |= width << filled
        filled += WIDTH_BITS
        for each in block:
            value |= each << filled
            filled += width
    return bytes((order,)) + varint(zigzag(cells[0])) + value.to_bytes(filled + 7 >> 3, "little")


def _unlane(reader: Reader, rows: int) -> list[int]:
    order = reader.byte()
    if order > MOST_ORDER:
        raise WireError("bad-body", f"steps of order {order}; 0 to {MOST_ORDER}")
    steps = [unzigzag(reader.varint((1 << 65) - 1))]
    rest = int.from_bytes(reader.data[reader.at : reader.at + rows * 9], "little")
    filled = 0
    while len(steps) < rows:
        width = rest >> filled & (1 << WIDTH_BITS) - 1
        filled += WIDTH_BITS
        if width > 68:
            raise WireError("bad-body", f"numbers of {width} bits")
        for _ in range(min(BLOCK, rows - len(steps))):
            steps.append(unzigzag(rest >> filled & (1 << width) - 1))
            filled += width
    reader.take(filled + 7 >> 3)
    for _ in range(order):
        steps = _sums(steps)
    return steps


def _sums(steps: Sequence[int]) -> list[int]:
    total = 0
    return [total := total + step for step in steps]
