"""Deltas: made by the publisher, undone by nodes, and refused where they are none."""

from __future__ import annotations

import lzma
import tracemalloc
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.errors import ModelError
from node.update.delta import HEADER, MAGIC, STEP, patched
from tools.models.delta import delta

if TYPE_CHECKING:
    from pathlib import Path

FAR: Final = (1 << 63) - 1
"""As far as a step can move; pread(2) refuses to look there, and Python to ask further on."""
_QUIET: Final = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def coded(data: bytes, dictionary_bytes: int = 1 << 12) -> bytes:
    """Return a stream."""
    coder = {"id": lzma.FILTER_LZMA1, "dict_size": dictionary_bytes}
    return lzma.compress(data, lzma.FORMAT_ALONE, filters=[coder]) if data else b""


def forged(*steps: tuple[int, int, int], sums: bytes = b"", extra: bytes = b"") -> bytes:
    """Return a delta of any steps."""
    streams = [coded(b"".join(STEP.pack(*each) for each in steps)), coded(sums), coded(extra)]
    return HEADER.pack(MAGIC, *map(len, streams)) + b"".join(streams)


class Bench:
    """A folder with a base and a delta in it."""

    def __init__(self, folder: Path) -> None:
        self._base, self._delta = folder / "base", folder / "delta"

    def made(self, base: bytes, change: bytes, size_bytes: int) -> bytes:
        """Return what comes of it."""
        self._base.write_bytes(base)
        self._delta.write_bytes(change)
        return b"".join(patched(self._delta, self._base, size_bytes))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """In a folder of the test's own."""
    return Bench(tmp_path)


@_QUIET
@given(base=st.binary(max_size=400), new=st.binary(max_size=400), data=st.data())
def test_delta_of_any_two_files_leads_from_one_to_the_other(
    bench: Bench, base: bytes, new: bytes, data: st.DataObject
) -> None:
    """Whatever they have in common, also when it moved or was cut out."""
    cut = data.draw(st.integers(0, len(base)))
    for each in filter(None, (new, base, base[cut:] + new, new + base[:cut])):
        assert bench.made(base, delta(base, each), len(each)) == each


def test_delta_of_weights_that_all_moved_a_little_is_half_of_them(bench: Bench) -> None:
    """No four bytes are equal, and yet the upper ones hardly changed: bsdiff alone finds nothing in that."""
    rng = np.random.default_rng(1)
    before = rng.standard_normal(20_000).astype(np.float32)
    after = before * (1 + 0.001 * rng.standard_normal(20_000).astype(np.float32))
    change = delta(before.tobytes(), after.tobytes())
    assert len(change) < 0.7 * after.nbytes < len(delta(b"", after.tobytes()))
    assert bench.made(before.tobytes(), change, after.nbytes) == after.tobytes()


@_QUIET
@given(base=st.binary(max_size=200), new=st.binary(min_size=1, max_size=200), data=st.data())
def test_delta_with_any_byte_changed_never_makes_more_than_was_signed(
    bench: Bench, base: bytes, new: bytes, data: st.DataObject
) -> None:
    """It is refused, or leads to a file of that size, whose digest is somebody else's to compare."""
    change = bytearray(delta(base, new))
    at = data.draw(st.integers(0, len(change) - 1))
    change[at] ^= data.draw(st.integers(1, 255))
    try:
        made = bench.made(base, bytes(change), len(new))
    except ModelError:
        return
    assert len(made) == len(new)


@_QUIET
@given(noise=st.binary(max_size=200), head=st.booleans())
def test_delta_that_is_noise_is_refused(bench: Bench, noise: bytes, head: bool) -> None:
    """Nothing but a refusal comes of bytes that nobody made for it."""
    with pytest.raises(ModelError):
        bench.made(b"base", MAGIC * head + noise, 5)


GOOD: Final = forged((4, 2, 0), sums=b"\1\0\0\0", extra=b"xy")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (b"", "does not begin"),
        (b"BSDIFF40" + GOOD[8:], "does not begin"),
        (GOOD[:-1], "and says"),
        (GOOD + b"x", "and says"),
        (forged((4, 1 << 40, 0), sums=bytes(4)), "another file: step 1 adds 4 and takes 1099511627776"),
        (forged((-1, 7, 0), extra=b"1234567"), "another file: step 1 adds -1"),
        (forged((5, 1, 0), sums=bytes(5), extra=b"x"), "reads 5 bytes at 0, where its base has 4"),
        (forged((0, 1, FAR), (1, 0, 0), sums=b"x", extra=b"x"), f"reads 1 bytes at {FAR}, where its base has 4"),
        (forged((0, 1, FAR), (0, 1, FAR), (1, 0, 0), sums=b"x", extra=b"xx"), f"reads 1 bytes at {2 * FAR}, where"),
        (forged((0, 1, -9), (4, 1, 0), sums=bytes(4), extra=b"xy"), "reads 4 bytes at -9"),
        (forged((4, 2, 0), sums=bytes(3), extra=b"xy"), "ends too early"),
        (forged((4, 1, 0), sums=bytes(4), extra=b"x"), "ends too early"),
        (forged((4, 2, 0), (1, 0, 0), sums=bytes(4), extra=b"xy"), "holds more"),
        (forged((4, 2, 0), sums=bytes(4), extra=b"xyz"), "holds more"),
        (forged(*[(0, 0, 0)] * 3_000_000), "step 1048577"),
        (GOOD[: HEADER.size + 1] + b"\xff" * 4 + GOOD[HEADER.size + 5 :], "damaged"),
    ],
    ids=lambda each: each[:20] if isinstance(each, str) else "",
)
def test_delta_that_is_hostile_is_refused_with_the_reason(bench: Bench, change: bytes, reason: str) -> None:
    """Truncated, endless, from another base, too much memory, too many steps: it says which."""
    assert bench.made(b"base", GOOD, 6) == b"casexy", "the control"
    with pytest.raises(ModelError, match=reason):
        bench.made(b"base", change, 6)


def test_delta_that_is_a_bomb_ends_at_the_size_that_was_signed(bench: Bench) -> None:
    """Of megabytes in a few kilobytes no more is made than the model has, in the coder's memory and a block or two."""
    zeros = lzma.compress(bytes(1 << 24), lzma.FORMAT_ALONE, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 20}])
    control = coded(STEP.pack(0, 1 << 23, 0))
    bomb = HEADER.pack(MAGIC, len(control), 0, len(zeros)) + control + zeros
    tracemalloc.start()
    with pytest.raises(ModelError, match="holds more"):
        bench_blocks(bench, bomb, 1 << 23)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 2 << 20, peak_bytes


def bench_blocks(bench: Bench, change: bytes, size_bytes: int) -> None:
    """Undo a delta without keeping what comes of it."""
    bench._base.write_bytes(b"")
    bench._delta.write_bytes(change)
    for _ in patched(bench._delta, bench._base, size_bytes):
        pass


def test_delta_does_not_hold_the_files_in_memory(bench: Bench) -> None:
    """A model of 8 MB is made of another and a delta of 8 MB in less than one."""
    size_bytes = 8 << 20
    base = np.random.default_rng(1).bytes(size_bytes)
    bench._base.write_bytes(base)
    control, sums = coded(STEP.pack(size_bytes, 0, 0)), coded(bytes(size_bytes))
    bench._delta.write_bytes(HEADER.pack(MAGIC, len(control), len(sums), 0) + control + sums)
    tracemalloc.start()
    made_bytes = sum(len(each) for each in patched(bench._delta, bench._base, size_bytes))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert made_bytes == size_bytes
    assert peak_bytes < 1 << 20, peak_bytes
