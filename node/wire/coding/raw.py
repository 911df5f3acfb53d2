"""The plainest layout: each lane as its least cell and as many bytes a cell as the widest needs. Cheap for both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from node.wire.coding.octets import Reader, unzigzag, varint, zigzag
from node.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.coding.table import Lane


def pack(lanes: Sequence[Lane]) -> bytes:
    """Pack lanes: zigzag least cell, bytes a cell, then byte planes, highest first, so that deflaters find runs."""
    out = b""
    for lane in lanes:
        least = min(lane.cells)
        size = (max(lane.cells) - least).bit_length() + 7 >> 3
        packed = b"".join((cell - least).to_bytes(size, "big") for cell in lane.cells)
        out += varint(zigzag(least)) + bytes((size,)) + b"".join(packed[i::size] for i in range(size))
    return out


def unpack(reader: Reader, lanes: Sequence[Lane], rows: int) -> list[list[int]]:
    """Undo `pack`."""
    found = []
    for _ in lanes:
        least = unzigzag(reader.varint((1 << 65) - 1))
        size = reader.byte()
        if size > 9:
            raise WireError("bad-body", f"{size} bytes a number")
        planes = [reader.take(rows) for _ in range(size)]
        found.append([least + int.from_bytes(each) for each in zip(*planes, strict=True)] if size else [least] * rows)
    return found
