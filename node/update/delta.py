"""Delta: a new file out of an old one and what is different, block by block, in memory that does not grow with either.

    b"tpd1"             the layout's name
    <I <I <I            how long each of the three streams is; none for an empty one
    control             steps of three signed 64-bit numbers: add, take, move
    sums                what is added, byte by byte and modulo 256, to `add` bytes of the old file
    extra               where `take` bytes come from that the old file has not

After each step the place in the old file moves by `move`. Those are the streams of bsdiff; each is coded by LZMA, whose
decoder is everybody's, and which took a fifth less than bsdiff's own bzip2 on small networks. A delta from the empty
file is a compressed file, and nothing special.

Nothing here is believed: a delta that would make more than was signed, reads where the old file is not, goes on without
end or needs too much memory is refused. Whether the result is the right one, its digest says.

Source: C. Percival, Naive Differences of Executable Code, 2003; the control, add and extra blocks.
"""

from __future__ import annotations

import lzma
import os
import struct
from typing import TYPE_CHECKING, Final

from node.errors import ModelError
from node.lazy import lazy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
else:
    np = lazy("numpy")

MAGIC: Final = b"tpd1"
HEADER: Final = struct.Struct("<4sIII")
STEP: Final = struct.Struct("<qqq")
MOST_DICTIONARY_BYTES: Final = 1 << 20
"""What a publisher's coder may look back; weights hardly repeat from further away."""
_MOST_DECODER_BYTES: Final = 2 * MOST_DICTIONARY_BYTES
_MOST_STEPS: Final = 1 << 20
_BLOCK: Final = 1 << 16


def patched(delta: Path, base: Path, size_bytes: int) -> Iterator[bytes]:
    """Yield the new file.

    Args:
        delta: what is different.
        base: the old file; `/dev/null` for none.
        size_bytes: of the new file, as it was signed; never is more made.

    Raises:
        ModelError: the delta is none, or leads to another file; says where.
        OSError: the disk refuses.
    """
    with delta.open("rb") as file, base.open("rb") as old:
        control, sums, extra = _streams(file.fileno(), file.seek(0, 2))
        at = made = steps = 0
        while made < size_bytes:
            add, take, move = STEP.unpack(control.read(STEP.size))
            steps += 1
            if add < 0 or take < 0 or made + add + take > size_bytes or steps > _MOST_STEPS:
                raise ModelError(f"the delta makes another file: step {steps} adds {add} and takes {take} at {made}")
            yield from _added(old.fileno(), at, sums, add)
            yield from (extra.read(length) for length in _lengths(take))
            made, at = made + add + take, at + add + move
        for each in (control, sums, extra):
            each.end()


def _added(old: int, at: int, sums: _Stream, count: int) -> Iterator[bytes]:
    """Yield a stretch of the old file with what is added to it."""
    here = os.fstat(old).st_size
    if count and not 0 <= at <= here - count:  # asked first: pread(2) of a place that no file has is the disk's error
        raise ModelError(f"the delta reads {count} bytes at {at}, where its base has {here} in all")
    for length in _lengths(count):
        before = os.pread(old, length, at)
        if len(before) < length:
            raise ModelError(f"the delta's base has become shorter than {at + length} bytes")
        yield (np.frombuffer(before, np.uint8) + np.frombuffer(sums.read(length), np.uint8)).tobytes()
        at += length


def _lengths(count: int) -> Iterator[int]:
    for start in range(0, count, _BLOCK):
        yield min(_BLOCK, count - start)


def _streams(file: int, size_bytes: int) -> tuple[_Stream, _Stream, _Stream]:
    header = os.pread(file, HEADER.size, 0)
    if len(header) < HEADER.size or not header.startswith(MAGIC):
        raise ModelError("the delta does not begin as one")
    _, *lengths = HEADER.unpack(header)
    if HEADER.size + sum(lengths) != size_bytes:
        raise ModelError(f"the delta has {size_bytes} bytes, and says {HEADER.size + sum(lengths)}")
    first, second, _ = lengths
    starts = (HEADER.size, HEADER.size + first, HEADER.size + first + second)
    control, sums, extra = (_Stream(file, at, length) for at, length in zip(starts, lengths, strict=True))
    return control, sums, extra


class _Stream:
    """A part of a file, expanded as far as somebody asks."""

    def __init__(self, file: int, start: int, length: int) -> None:
        self._file = file
        self._at = start
        self._end = start + length
        self._decoder = lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_MOST_DECODER_BYTES)

    def read(self, count: int) -> bytes:
        """Return exactly so many bytes."""
        parts, left = [], count
        while left:
            part = self._more(left)
            if not part:
                raise ModelError("the delta ends too early")
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def end(self) -> None:
        """See to it that there is no more than what was asked for."""
        if self._more(1) or self._decoder.unused_data:
            raise ModelError("the delta holds more than its file")

    def _more(self, most: int) -> bytes:
        """Return some bytes, at most so many; none at the end."""
        decoder, found = self._decoder, b""
        while not found and not decoder.eof:
            packed = os.pread(self._file, min(_BLOCK, self._end - self._at), self._at) if decoder.needs_input else b""
            self._at += len(packed)
            if decoder.needs_input and not packed:
                break
            try:
                found = decoder.decompress(packed, most)
            except lzma.LZMAError as error:
                raise ModelError(f"the delta is damaged: {error}") from error
        return found
