"""A model in ONNX, written byte by byte: what it answers is known exactly, and nobody needs a library to make it.

Source: onnx/onnx.proto3, and the encoding of protocol buffers (protobuf.dev/programming-guides/encoding).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FLOAT: Final = 1
"""Of `TensorProto.DataType`."""


def linear(weights: npt.NDArray[np.float32], *, batch: int | None = None) -> bytes:
    """Return a model that flattens its window and multiplies it with weights, (numbers, classes): logits.

    Args:
        weights: float32.
        batch: a fixed first axis; None leaves it open.
    """
    count, classes = weights.shape
    tensor = _varints(1, *weights.shape) + _varints(2, FLOAT) + _bytes(8, b"w") + _bytes(9, weights.tobytes())
    flatten = _bytes(1, b"x") + _bytes(2, b"flat") + _bytes(4, b"Flatten")
    product = _bytes(1, b"flat") + _bytes(1, b"w") + _bytes(2, b"y") + _bytes(4, b"MatMul")
    graph = _bytes(1, flatten) + _bytes(1, product) + _bytes(2, b"g") + _bytes(5, tensor)
    graph += _bytes(11, _value(b"x", batch, count)) + _bytes(12, _value(b"y", batch, classes))
    return _varints(1, 8) + _bytes(7, graph) + _bytes(8, _varints(2, 13))


def _value(name: bytes, batch: int | None, count: int) -> bytes:
    first = _bytes(2, b"n") if batch is None else _varints(1, batch)
    shape = _bytes(1, first) + _bytes(1, _varints(1, count))
    return _bytes(1, name) + _bytes(2, _bytes(1, _varints(1, FLOAT) + _bytes(2, shape)))


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _varints(field: int, *numbers: int) -> bytes:
    return b"".join(_varint(field << 3) + _varint(each) for each in numbers)


def _bytes(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data
