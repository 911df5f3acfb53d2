"""Frames: what a gateway and the process of a model say to each other, over two pipes: a head in JSON, then numbers.

4 bytes  length of the head, big-endian
4 bytes  length of the numbers
head     a JSON object
numbers  float32, as this machine has them
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

LENGTHS: Final = struct.Struct(">II")


def frame(head: Mapping[str, object], size_bytes: int = 0) -> bytes:
    """Return a frame up to its numbers.

    Args:
        head: anything that JSON holds.
        size_bytes: of the numbers that follow.
    """
    text = json.dumps(head).encode()
    return LENGTHS.pack(len(text), size_bytes) + text


def parsed(text: bytes) -> Mapping[str, Any]:
    """Return a head.

    Raises:
        ValueError: it is none.
    """
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 - a value that came from elsewhere, not an argument's type
    return found


def read(file: BinaryIO) -> tuple[Mapping[str, Any], bytearray] | None:
    """Wait for a frame; None where there will be none any more.

    Args:
        file: buffered, so that it gives all that is asked of it.
    """
    lengths = file.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    head_bytes, size_bytes = LENGTHS.unpack(lengths)
    head, numbers = file.read(head_bytes), bytearray(size_bytes)
    got = file.readinto(numbers)  # type: ignore[attr-defined]
    return (parsed(head), numbers) if got == size_bytes else None
