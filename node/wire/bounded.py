"""Bounded decompression: a compressed field can never grow into more than it declared, or than anybody asked for.

A megabyte of zlib holds a gigabyte of zeros, 32 KiB of zstd as much, and `ZstdDecompressor.decompress` ignores its
`max_output_size` where the frame declares its size itself: a frame of 13 bytes can ask for a terabyte. So the
frame's own claims are read first and refused if they exceed the bound, the window (what the decoder allocates) is
capped, and at most one byte more than the bound is ever decompressed, to tell "full" from "too much".
"""

from __future__ import annotations

import zlib
from enum import IntEnum
from typing import Final

from node.wire.errors import WireError

MOST_WINDOW_BYTES: Final = 1 << 23
"""What RFC 8878 §3.1.1.1.2 asks every zstd decoder to support; enough for any level a node would pick."""

ZSTD_LEVEL: Final = 9
DEFLATE_LEVEL: Final = 6
"""Beyond these a picture gets a percent smaller, and takes several times as long."""
SMALL_BYTES: Final = 4096
"""Up to here zlib may be the shorter one, for its header is; beyond, trying it is a waste."""


class Coding(IntEnum):
    """How the bytes of a field were compressed."""

    PLAIN = 0
    DEFLATE = 1
    """A zlib stream (RFC 1950); every peer can read it."""
    ZSTD = 2
    """One zstd frame (RFC 8878); the peer needs the `zstandard` package."""


def shrink(data: bytes) -> tuple[Coding, bytes]:
    """Compress: with zstd where its package is, with zlib where it is not; as it is, where that is no shorter.

    >>> coding, shrunk = shrink(b"a leaf" * 100)
    >>> len(shrunk) < 30, expand(coding, shrunk, 600) == b"a leaf" * 100, shrink(b"noise")
    (True, True, (<Coding.PLAIN: 0>, b'noise'))
    """
    ways = [(Coding.PLAIN, data), *_zstd(data)]
    if len(ways) == 1 or len(data) <= SMALL_BYTES:
        ways.append((Coding.DEFLATE, zlib.compress(data, DEFLATE_LEVEL)))
    return min(ways, key=lambda way: len(way[1]))


def _zstd(data: bytes) -> list[tuple[Coding, bytes]]:
    try:
        import zstandard
    except ModuleNotFoundError:
        return []
    return [(Coding.ZSTD, zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(data))]


def expand(coding: int, data: bytes, most_bytes: int, base: bytes = b"") -> bytes:
    """Undo a compression, within a bound.

    Args:
        coding: one of `Coding`.
        data: as it came off the air.
        most_bytes: the most that the result may be long.
        base: a preset dictionary, for a zlib stream that asks for it by its checksum.

    Returns:
        At most `most_bytes`.

    Raises:
        WireError: `too-large` when it would be more, `bad-body` for bytes that are no such stream or are followed
            by others, `unknown-word` for another coding, `unsupported` for zstd without its library.
    """
    if coding == Coding.PLAIN:
        return _bounded(data, most_bytes)
    if coding == Coding.DEFLATE:
        return _inflate(data, most_bytes, base)
    if coding == Coding.ZSTD:
        return _unzstd(data, most_bytes)
    raise WireError("unknown-word", f"coding {coding}; one of {', '.join(f'{each} {each.name}' for each in Coding)}")


def _bounded(data: bytes, most_bytes: int) -> bytes:
    if len(data) > most_bytes:
        raise WireError("too-large", f"expands to more than {most_bytes} bytes")
    return data


def _inflate(data: bytes, most_bytes: int, base: bytes) -> bytes:
    stream = zlib.decompressobj(zdict=base) if base else zlib.decompressobj()
    try:
        expanded = _bounded(stream.decompress(data, most_bytes + 1), most_bytes)
    except zlib.error as error:
        raise WireError("bad-body", str(error)) from error
    if not stream.eof or stream.unused_data:
        raise WireError("bad-body", "a zlib stream that does not end with its field")
    return expanded


def _unzstd(data: bytes, most_bytes: int) -> bytes:
    try:
        import zstandard
    except ModuleNotFoundError as error:
        raise WireError("unsupported", "zstd needs `pip install torpor[compress]`") from error
    try:
        declared = zstandard.get_frame_parameters(data).content_size
        if declared == zstandard.CONTENTSIZE_UNKNOWN:
            raise WireError("bad-body", "a zstd frame that does not declare its size")
        if declared > most_bytes:
            raise WireError("too-large", f"the frame declares {declared} bytes; at most {most_bytes}")
        decoder = zstandard.ZstdDecompressor(max_window_size=MOST_WINDOW_BYTES)
        expanded = decoder.stream_reader(data).read(declared + 1)
    except zstandard.ZstdError as error:
        raise WireError("bad-body", str(error)) from error
    if len(expanded) != declared:
        raise WireError("bad-body", f"a zstd frame that declares {declared} bytes and holds others")
    return expanded
