"""Every encoding of the room: lossless ones to the last bit, lossy ones within what they state."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.compress import TABLE, Encoding
from node.compress.auto import Auto
from node.compress.auto import Params as AutoParams
from node.compress.dead_band import DeadBand
from node.compress.dead_band import Params as DeadBandParams
from node.compress.quantise import Params as QuantiseParams
from node.compress.quantise import Quantise, grid
from node.parts import load, params_of
from node.wire.coding import batch
from node.wire.coding.batch import Layout
from node.wire.messages import Column
from tests.node.wire.coding.cases import Batch, batches, same

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.messages import Value

LOSSLESS = ["auto", "delta", "entropy", "general", "pcodec", "raw"]


def encoding(name: str) -> Encoding:
    """Build a part with its defaults."""
    return cast("Encoding", load(TABLE[name])(params_of(TABLE[name])()))


@pytest.mark.parametrize("name", LOSSLESS)
@given(given_batch=batches())
@settings(deadline=None, max_examples=20)
def test_lossless_encoding_gives_every_value_back(name: str, given_batch: Batch) -> None:
    """What was packed comes back to the last bit."""
    seqs, times_ms, columns = batch.unpack(encoding(name).pack(*given_batch))
    assert (seqs, times_ms) == given_batch[:2]
    assert all(same(was.values, now.values) for was, now in zip(given_batch[2], columns, strict=True))


@given(batches())
@settings(deadline=None, max_examples=40)
def test_auto_with_libraries_is_never_larger_than_any_encoding(given_batch: Batch) -> None:
    """The chooser is at most as large as the best of them."""
    chosen = len(Auto(AutoParams(libraries=True)).pack(*given_batch))
    assert chosen <= min(len(encoding(name).pack(*given_batch)) for name in LOSSLESS if name != "auto")


def test_auto_needs_no_library_at_the_gateway_by_default() -> None:
    """Unless asked for, only layouts that the standard library reads are chosen."""
    values = [float(i * i % 101) for i in range(300)]
    body = Auto(AutoParams()).pack(range(300), range(300), [Column(name="x", values=values)])
    assert body[0] in (Layout.DELTA, Layout.ENTROPY)


def test_auto_above_its_budget_leaves_the_model_out() -> None:
    """A batch of more values than the node wants to model takes the cheap encoding."""
    columns = [Column(name="x", values=[float(i % 7) for i in range(100)])]
    assert Auto(AutoParams(most_values=99)).pack(range(100), range(100), columns)[0] == Layout.DELTA
    assert Auto(AutoParams(most_values=100)).pack(range(100), range(100), columns)[0] == Layout.ENTROPY


@given(
    st.lists(st.floats(-1e6, 1e6) | st.just(math.nan), min_size=2, max_size=60),
    st.sampled_from([1e-3, 0.02, 0.5, 30.0]),
)
@settings(deadline=None, max_examples=60)
def test_quantise_any_numbers_stay_within_the_error(values: list[float], error: float) -> None:
    """No value is further off than stated, and what is missing stays missing."""
    part = Quantise(QuantiseParams(error=error))
    assert _worst(values, _through(part, values)) <= error


@given(st.lists(st.floats(-100, 100) | st.just(math.nan), min_size=2, max_size=60), st.floats(0.01, 5))
@settings(deadline=None, max_examples=60)
def test_dead_band_any_numbers_stay_within_the_band(values: list[float], band: float) -> None:
    """No value is further off than the band, however long a drift goes on."""
    part = DeadBand(DeadBandParams(band=band))
    assert _worst(values, _through(part, values)) <= band


@pytest.mark.parametrize(
    "part", [Quantise(QuantiseParams(error=0.05)), DeadBand(DeadBandParams(band=0.05))], ids=["quantise", "dead_band"]
)
def test_lossy_encoding_saves_over_lossless(part: Encoding) -> None:
    """What may be lost is worth it: noise below the stated error costs nearly nothing."""
    values = [20 + 0.0001 * (i * 7919 % 613) for i in range(300)]
    columns = [Column(name="temperature", values=values)]
    assert len(part.pack(range(300), range(300), columns)) * 3 < len(
        encoding("auto").pack(range(300), range(300), columns)
    )


def test_lossy_encoding_leaves_unnamed_columns_alone() -> None:
    """Only the columns that may lose do; words never."""
    columns = [
        Column(name="a", values=[1.23456, 1.33333]),
        Column(name="b", values=[1.23456, 1.33333]),
        Column(name="label", values=["x", "y"]),
    ]
    body = Quantise(QuantiseParams(error=0.05, columns=("a",))).pack([1, 2], [1, 2], columns)
    back = batch.unpack(body)[2]
    assert [list(each.values) for each in back] == [[1.2, 1.3], [1.23456, 1.33333], ["x", "y"]]


@given(st.floats(1e-9, 1e9))
@settings(deadline=None, max_examples=100)
def test_grid_is_as_coarse_as_allowed(most: float) -> None:
    """The step is at most what is allowed, and the next coarser one would be more."""
    step, _ = grid(most)
    assert step <= most * (1 + 1e-9)
    assert 2.5 * step * (1 + 1e-9) > most


def _through(part: Encoding, values: Sequence[float]) -> Sequence[Value]:
    rows = range(len(values))
    return batch.unpack(part.pack(rows, rows, [Column(name="x", values=values)]))[2][0].values


def _worst(was: Sequence[float], now: Sequence[Value]) -> float:
    pairs = [(a, float(cast("float", b))) for a, b in zip(was, now, strict=True)]
    assert all(math.isnan(a) == math.isnan(b) for a, b in pairs)
    return max((abs(a - b) for a, b in pairs if not math.isnan(a)), default=0.0)
