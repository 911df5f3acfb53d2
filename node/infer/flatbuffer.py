"""Flatbuffer: whether all of a model file is there.

`tflite-runtime` follows offsets without a look at where the file ends: of a model that was cut off by a full disk or a
broken download it makes a segmentation fault, or never returns. LiteRT verifies; but a node does not choose its board.
This walks what a runtime needs first (operators, graphs, tensors, weights) and finds any of it that lies outside. It is
no full verification: it does not read options, metadata or quantisation.

Source: FlatBuffers internals (flatbuffers.dev/internals): a table begins with the signed distance back to its vtable,
whose 16-bit entries are its own size, the table's, and the fields' places; an unsigned 32-bit offset leads from a field
to its vector, which begins with its length. Field numbers are those of tensorflow/lite/schema/schema.fbs, version 3.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Union

if TYPE_CHECKING:
    from mmap import mmap

Shape = Mapping[int, Union[int, "Shape"]]
"""Field number to what its vector holds: scalars of so many bytes, or tables of a shape."""

OPERATOR_CODE: Final[Shape] = {1: 1}  # custom_code
TENSOR: Final[Shape] = {0: 4, 3: 1}  # shape, name
OPERATOR: Final[Shape] = {1: 4, 2: 4}  # inputs, outputs
GRAPH: Final[Shape] = {0: TENSOR, 1: 4, 2: 4, 3: OPERATOR, 4: 1}  # tensors, inputs, outputs, operators, name
BUFFER: Final[Shape] = {0: 1}  # data
MODEL: Final[Shape] = {1: OPERATOR_CODE, 2: GRAPH, 3: 1, 4: BUFFER}  # operator_codes, subgraphs, description, buffers


def is_whole(data: bytes | mmap) -> bool:
    """Return whether every table and vector on the way to the weights lies inside the file.

    Args:
        data: the file; what does not begin with an offset to a table is not whole.
    """
    try:
        _Walk(data).table(_number(data, "<I", 0), MODEL)
    except (struct.error, _OutsideError):
        return False
    return True


class _OutsideError(Exception):
    """Something leads out of the file."""


class _Walk:
    def __init__(self, data: bytes | mmap) -> None:
        self._data = data
        # Honest tables do not overlap, and none is shorter than 4 bytes: more visits than that go in circles.
        self._visits = len(data) // 4

    def table(self, at: int, shape: Shape) -> None:
        """Look at a table and all below it."""
        self._visits -= 1
        if self._visits < 0:
            raise _OutsideError
        vtable = at - _number(self._data, "<i", at)
        size, inline_bytes = _number(self._data, "<H", vtable), _number(self._data, "<H", vtable + 2)
        if at + inline_bytes > len(self._data):
            raise _OutsideError
        for field, holds in shape.items():
            entry = 4 + 2 * field
            place = _number(self._data, "<H", vtable + entry) if entry < size else 0
            if place:
                self._vector(at + place, holds)

    def _vector(self, field: int, holds: int | Shape) -> None:
        start = field + _number(self._data, "<I", field)
        count = _number(self._data, "<I", start)
        if start + 4 + count * (holds if isinstance(holds, int) else 4) > len(self._data):
            raise _OutsideError
        if not isinstance(holds, int):
            for entry in range(start + 4, start + 4 + 4 * count, 4):
                self.table(entry + _number(self._data, "<I", entry), holds)


def _number(data: bytes | mmap, kind: str, at: int) -> int:
    if at < 0:  # struct would count from the end
        raise _OutsideError
    number: int = struct.unpack_from(kind, data, at)[0]
    return number
