"""Bounded expansion: a bomb costs no more than its bound."""

from __future__ import annotations

import tracemalloc
import zlib
from typing import Final

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from node.wire.bounded import Coding, expand
from node.wire.errors import WireError

BOUND: Final = 65536
ZSTD: Final = zstandard.ZstdCompressor()


def compressed(coding: Coding, data: bytes) -> bytes:
    """Return what a peer would send."""
    if coding is Coding.DEFLATE:
        return zlib.compress(data)
    return ZSTD.compress(data) if coding is Coding.ZSTD else data


def zlib_bomb(size_mib: int) -> bytes:
    """Return a zlib stream of that many megabytes of zeros."""
    packer, zeros = zlib.compressobj(9), bytes(1 << 20)
    return b"".join(packer.compress(zeros) for _ in range(size_mib)) + packer.flush()


@given(st.sampled_from(Coding), st.binary(max_size=2000))
@settings(deadline=None, max_examples=100)
def test_expand_any_data_comes_back(coding: Coding, data: bytes) -> None:
    """Every coding is undone, and the bound itself is still inside."""
    assert expand(coding, compressed(coding, data), len(data)) == data


@given(st.sampled_from(Coding), st.binary(min_size=1, max_size=2000))
@settings(deadline=None, max_examples=100)
def test_expand_one_byte_over_the_bound_is_refused(coding: Coding, data: bytes) -> None:
    """The bound is a bound, not a wish."""
    with pytest.raises(WireError) as caught:
        expand(coding, compressed(coding, data), len(data) - 1)
    assert caught.value.reason == "too-large"


@pytest.mark.parametrize(
    ("coding", "data", "reason"),
    [
        (Coding.DEFLATE, b"", "bad-body"),
        (Coding.DEFLATE, b"junk", "bad-body"),
        (Coding.DEFLATE, zlib.compress(b"abc")[:-1], "bad-body"),
        (Coding.DEFLATE, zlib.compress(b"abc") + b"x", "bad-body"),
        (Coding.DEFLATE, zlib_bomb(64), "too-large"),
        (Coding.ZSTD, b"", "bad-body"),
        (Coding.ZSTD, b"junk", "bad-body"),
        (Coding.ZSTD, ZSTD.compress(b"abc" * 1000)[:-1], "bad-body"),
        (Coding.ZSTD, ZSTD.compress(bytes(1 << 26)), "too-large"),
        # 13 bytes that declare 2^63 of content
        (Coding.ZSTD, bytes.fromhex("28b52ffde0ffffffffffffff7f"), "too-large"),
        # the size is not declared at all
        (Coding.ZSTD, zstandard.ZstdCompressor(write_content_size=False).compress(b"abc"), "bad-body"),
        # three bytes declared, a megabyte held
        (Coding.ZSTD, b"\x28\xb5\x2f\xfd\x20\x03" + ZSTD.compress(bytes(200))[6:], "bad-body"),
        (3, b"", "unknown-word"),
        (-1, b"", "unknown-word"),
    ],
)
def test_expand_forged_stream_is_refused_with_its_reason(coding: int, data: bytes, reason: str) -> None:
    """Lies about the size and streams that do not end with their field are refused."""
    with pytest.raises(WireError) as caught:
        expand(coding, data, BOUND)
    assert caught.value.reason == reason


@given(st.sampled_from(Coding), st.binary(max_size=200), st.binary(max_size=50), st.integers(0, 100))
@settings(deadline=None, max_examples=200)
def test_expand_any_damage_stays_inside_the_bound(coding: Coding, data: bytes, noise: bytes, at: int) -> None:
    """Damage gives bytes within the bound or a WireError, nothing else."""
    packed = compressed(coding, data)
    forged = packed[:at] + noise + packed[at + len(noise) :]
    try:
        expanded = expand(coding, forged, 300)
    except WireError:
        return
    assert len(expanded) <= 300


def test_control_unbounded_expansion_allocates_what_the_bomb_says() -> None:
    """The bomb is one: without the bound 64 KiB become 64 MiB; with it, not even one."""
    bomb = zlib_bomb(64)
    tracemalloc.start()
    with pytest.raises(WireError):
        expand(Coding.DEFLATE, bomb, BOUND)
    _, bounded_peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert bounded_peak < 1 << 20
    assert len(zlib.decompress(bomb)) == 1 << 26
    assert len(zstandard.ZstdDecompressor().decompress(ZSTD.compress(bytes(1 << 26)), max_output_size=BOUND)) == 1 << 26
