"""The control: what plain decoders make of the bombs, each in a child that may take a gigabyte and some seconds.

    python -m tools.hostile.control NAME    decode one bomb, plainly; prints seconds and megabytes

A bomb that costs a plain decoder nothing would prove nothing about ours.
"""

from __future__ import annotations

import decimal
import json
import os
import resource
import subprocess
import sys
import time
import zlib
from typing import TYPE_CHECKING, Final

import cbor2
import zstandard

from tools.hostile import forgeries
from tools.hostile.memory import Growth

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_BYTES: Final = 1 << 30
MOST_S: Final = 5
LIMIT_S: Final = 1.0
"""What good nodes may wait at most, and so what one message may cost at most."""
LIMIT_MB: Final = 50.0


def _colliding() -> bytes:
    """Return a map of 20,000 keys that are multiples of Python's hash modulus: all hash to 0."""
    prime, entries = 2**61 - 1, bytearray()
    for at in range(20_000):
        key = at * prime
        entries += (b"\x1b" + key.to_bytes(8, "big")) if key < 2**64 else (b"\xc2\x4a" + key.to_bytes(10, "big"))
        entries += b"\x00"
    return b"\xb9" + (20_000).to_bytes(2, "big") + bytes(entries)


def _unzstd(data: bytes) -> object:
    return len(zstandard.ZstdDecompressor().decompress(data, max_output_size=65_536))


def _zeros(size_mb: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(size_mb)) + packer.flush()


def _zstd_zeros(size_mb: int) -> bytes:
    packer = zstandard.ZstdCompressor().compressobj(size=size_mb << 20)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(size_mb)) + packer.flush()


def _number(data: bytes) -> object:
    value = cbor2.loads(data)
    assert isinstance(value, decimal.Decimal)
    return int(value).bit_length()


BOMBS: Final[Mapping[str, tuple[Callable[[], bytes], Callable[[bytes], object]]]] = {
    "colliding keys, 250 KiB, cbor2.loads": (_colliding, cbor2.loads),
    "zstd of 256 MB in 8 KiB, decompress": (
        lambda: _zstd_zeros(256),
        _unzstd,
    ),
    "zlib of 256 MB, decompress": (lambda: _zeros(256), lambda data: len(zlib.decompress(data))),
    "shared references of 178 bytes, repr": (forgeries.laughs, lambda data: len(repr(cbor2.loads(data)))),
    "decimal fraction of 8 bytes, int()": (lambda: bytes.fromhex("c4821a002dc6c001"), _number),
}
"""What is decoded, and how somebody would do it who trusts."""


def exceeding(name: str) -> str:
    """Decode a bomb in a child; returns what it took if that broke a limit, else nothing."""
    command = [sys.executable, "-m", "tools.hostile.control", name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=6 * MOST_S, check=False)
    except subprocess.TimeoutExpired:
        return f"ended after {6 * MOST_S} s"
    if done.returncode:
        return "ended by its limits"
    cost = json.loads(done.stdout)
    over = cost["seconds"] > LIMIT_S or cost["mb"] > LIMIT_MB
    return f"{cost['seconds']:.2f} s, {cost['mb']:.0f} MB" if over else ""


def main() -> None:
    """Decode one bomb inside of the limits."""
    make, decode = BOMBS[sys.argv[1]]
    data = make()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_S, MOST_S))
    growth = Growth(os.getpid())  # getrusage's peak would be the parent's, whose memory a child begins in
    start_s = time.perf_counter()
    decode(data)
    seconds = time.perf_counter() - start_s
    print(json.dumps({"seconds": seconds, "mb": growth.peak_mb()}))


if __name__ == "__main__":
    main()
