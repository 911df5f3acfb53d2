"""The door: what goes in comes out, and what is no batch is refused in time."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.wire.coding import batch
from node.wire.coding.batch import Layout
from node.wire.errors import REASONS, WireError
from node.wire.messages import Column
from tests.node.wire.coding.cases import Batch, batches, same

FAMOUS = ["temperature", "humidity", "pressure", "light", "co2", "voltage", "confidence"]
SEVEN = [21.53, 45.2, 1013.25, 312.0, 612, 3.712, 0.981]


@given(batches(), st.sampled_from(batch.available()))
@settings(deadline=None, max_examples=80)
def test_pack_any_batch_comes_back_exactly(given_batch: Batch, layout: Layout) -> None:
    """Every value, time and seq comes back to the last bit, in every layout."""
    seqs, times_ms, columns = given_batch
    back = batch.unpack(batch.pack(seqs, times_ms, columns, layouts=(layout,)))
    assert back[0] == seqs
    assert back[1] == times_ms
    assert [each.name for each in back[2]] == [each.name for each in columns]
    for was, now in zip(columns, back[2], strict=True):
        assert same(was.values, now.values)
        assert was.width == now.width


@given(batches())
@settings(deadline=None, max_examples=25)
def test_pack_several_layouts_is_never_larger_than_the_best(given_batch: Batch) -> None:
    """The smallest of several layouts is what comes out."""
    alone = [len(batch.pack(*given_batch, layouts=(layout,))) for layout in batch.available()]
    assert len(batch.pack(*given_batch, layouts=batch.available())) == min(alone)


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=200)
def test_unpack_any_bytes_is_refused_or_a_batch(body: bytes) -> None:
    """Bytes from a stranger are a WireError of a known reason, or a batch of equally long parts."""
    _judge(body)


@given(batches(most_rows=10), st.sampled_from(batch.available()), st.data())
@settings(deadline=None, max_examples=80)
def test_unpack_damaged_batch_is_refused_or_a_batch(given_batch: Batch, layout: Layout, data: st.DataObject) -> None:
    """A batch with some bytes changed, cut or added is refused cleanly, or is another batch."""
    body = bytearray(batch.pack(*given_batch, layouts=(layout,)))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    _judge(bytes(body[: data.draw(st.integers(1, len(body)))] + data.draw(st.binary(max_size=3))))


@pytest.mark.parametrize("body", [None, "text", 7, b"", [1, 2]])
def test_unpack_no_bytes_is_refused(body: object) -> None:
    """What is no byte string is no batch."""
    with pytest.raises(WireError, match="bad-body"):
        batch.unpack(body)


def test_unpack_promise_of_too_much_work_is_refused_at_once() -> None:
    """A few bytes cannot ask for 4096 rows of 64 modelled columns."""
    head = bytes([Layout.ENTROPY, 0x80, 0x20, 64, 0, 0, 0]) + b"".join(
        bytes([2, 97, 97 + i % 26, 0]) for i in range(64)
    )
    start_s = time.perf_counter()
    with pytest.raises(WireError, match="modelled values"):
        batch.unpack(head + bytes([2, 2]) * 64)
    assert time.perf_counter() - start_s < 1.0


def test_pack_one_row_of_seven_values_takes_few_bytes() -> None:
    """Seven well-known columns of one row, with seq and time, stay under forty bytes."""
    columns = [Column(name=name, values=[value]) for name, value in zip(FAMOUS, SEVEN, strict=True)]
    body = batch.pack([12345], [1_763_690_000_123], columns)
    assert len(body) < 40
    assert [each.values[0] for each in batch.unpack(body)[2]] == SEVEN


def test_pack_steady_column_takes_a_fraction_of_a_byte_a_row() -> None:
    """A constant column on a steady clock costs its head and nothing a row."""
    short = batch.pack(range(60), range(0, 60_000, 1000), [Column(name="x", values=[1.5] * 60)])
    long = batch.pack(range(600), range(0, 600_000, 1000), [Column(name="x", values=[1.5] * 600)])
    assert len(long) - len(short) <= 2


def test_pack_odd_values_keep_their_signs_and_kinds() -> None:
    """Minus zero, infinities, missing values and last-place noise survive among plain decimals."""
    values = [0.1, -0.0, 0.1 + 0.2, math.inf, -math.inf, math.nan, 5e-324, 1.7e308, 0.5, 0.25]
    back = batch.unpack(batch.pack(range(10), range(10), [Column(name="x", values=values)]))
    assert same(back[2][0].values, values)


@pytest.mark.parametrize(
    ("seqs", "times_ms", "columns"),
    [
        ([], [], []),
        ([1, 2], [1], []),
        ([2, 1], [1, 2], []),
        ([1], [1], [Column(name="x", values=[])]),
        ([1], [1 << 60], []),
        (list(range(4097)), list(range(4097)), []),
        ([1, 2], [1, 2], [Column(name="x", values=[1.5, "word"])]),
        ([1, 2], [1, 2], [Column(name="x", values=[0.1, 0.2], width=32)]),
    ],
)
def test_pack_what_is_no_batch_is_refused(seqs: list[int], times_ms: list[int], columns: list[Column]) -> None:
    """A sender's mistake is a ValueError that says what is wrong, never a strange batch."""
    with pytest.raises(ValueError, match=r".+"):
        batch.pack(seqs, times_ms, columns)


def _judge(body: bytes) -> None:
    try:
        seqs, times_ms, columns = batch.unpack(body)
    except WireError as error:
        reason = error.reason
    else:
        reason = next(iter(REASONS))
        assert len(seqs) == len(times_ms) <= 4096
        assert all(len(each.values) == len(seqs) for each in columns)
    assert reason in REASONS


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        (Layout.RAW, "10"),
        (Layout.DELTA, "10"),
        (Layout.ENTROPY, "10"),
        (Layout.GENERAL, "unsupported"),
        (Layout.PCODEC, "unsupported"),
    ],
)
def test_unpack_without_any_package_reads_all_but_the_libraries_layouts(layout: Layout, said: str) -> None:
    """A peer with nothing but the standard library reads Torpor's own layouts, and says what the others need."""
    if layout not in batch.available():
        pytest.skip(f"the library of {layout.name} is not installed")
    body = batch.pack(range(10), range(10), [Column(name="x", values=[i / 8 for i in range(10)])], layouts=(layout,))
    script = (
        "from node.wire.coding import batch\n"
        "from node.wire.errors import WireError\n"
        f"try: print(len(batch.unpack(bytes.fromhex('{body.hex()}'))[0]))\n"
        "except WireError as error: print(error.reason)\n"
    )
    root = Path(batch.__file__).parents[3]
    done = subprocess.run([sys.executable, "-S", "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == said
