"""Delta: what a node that has one file needs to make another, as `node.update.delta` reads it.

Two ways are tried, and the smaller is taken. bsdiff finds what moved, and needs stretches of equal bytes for it; in a
network of floats that was trained on there are none, though each weight lies where it lay and its upper bytes hardly
changed: there one sum over the whole file is half as long.
"""

from __future__ import annotations

import lzma
import struct
from typing import TYPE_CHECKING, Final

import bsdiff4.core
import numpy as np

from node.update.delta import HEADER, MAGIC, MOST_DICTIONARY_BYTES, STEP

if TYPE_CHECKING:
    from collections.abc import Iterator

MODELLED: Final = ({"lc": 3, "lp": 0, "pb": 0}, {"lc": 0, "lp": 0, "pb": 0}, {"lc": 0, "lp": 2, "pb": 2})
"""What LZMA may take a byte's neighbours for: text, int8, and words of four bytes."""
LEAST_DICTIONARY_BYTES: Final = 1 << 12


def delta(base: bytes, new: bytes) -> bytes:
    """Return what makes `new` out of `base`; out of nothing, `new` compressed.

    Args:
        base: what a node has.
        new: what it is to have.
    """
    return min((_packed(*parts) for parts in _ways(base, new)), key=len)


def _ways(base: bytes, new: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    if not base:
        yield STEP.pack(0, len(new), 0), b"", new
        return
    control, sums, extra = bsdiff4.core.diff(base, new)
    numbers = [bsdiff4.core.decode_int64(control[at : at + 8]) for at in range(0, len(control), 8)]
    yield struct.pack(f"<{len(numbers)}q", *numbers), sums, extra
    common = min(len(base), len(new))
    moved = np.frombuffer(new, np.uint8, common) - np.frombuffer(base, np.uint8, common)
    yield STEP.pack(common, len(new) - common, 0), moved.tobytes(), new[common:]


def _packed(control: bytes, sums: bytes, extra: bytes) -> bytes:
    streams = [_coded(each) for each in (control, sums, extra)]
    return HEADER.pack(MAGIC, *map(len, streams)) + b"".join(streams)


def _coded(data: bytes) -> bytes:
    if not data:
        return b""
    size = max(LEAST_DICTIONARY_BYTES, min(MOST_DICTIONARY_BYTES, len(data)))
    coder = {"id": lzma.FILTER_LZMA1, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": size}
    return min((lzma.compress(data, lzma.FORMAT_ALONE, filters=[coder | each]) for each in MODELLED), key=len)
