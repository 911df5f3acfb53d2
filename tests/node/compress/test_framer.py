"""Rows in, one Results payload out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest

from node.compress import TABLE
from node.compress.framer import Framer
from node.options import Spec
from node.parts import params_of
from node.values import TimeQuality
from node.wire import codec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.compress.framer import Row
    from node.wire.messages import Column, Results

BOOT_ID = b"torpor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """A broken encoding has no options."""


class Broken:
    """An encoding with a bug."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def pack(self, seqs: Sequence[int], times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
        """Divide by zero."""
        return bytes(len(seqs) // (len(times_ms) - len(columns[0].values)))


def framer(widths: dict[str, int] | None = None) -> Framer:
    """Build one with the default encoding."""
    return Framer(Spec("auto", TABLE["auto"], params_of(TABLE["auto"])()), widths)


def frame(rows: list[Row], widths: dict[str, int] | None = None) -> bytes | None:
    """Frame rows of one stream."""
    return framer(widths).frame(stream="air", model="m@1", boot_id=BOOT_ID, quality=TimeQuality.DRIFTING, rows=rows)


def test_frame_rows_come_back_as_a_results_message() -> None:
    """Identity, stream, model, quality and every row cross the air."""
    rows: list[Row] = [
        (i + 7, 1_763_000_000_000 + 500 * i, {"temperature": 20 + i / 10, "label": "a"}) for i in range(90)
    ]
    payload = frame(rows)
    assert payload is not None
    results = cast("Results", codec.decode("results", payload))
    assert (results.boot_id, results.stream, results.model, results.time_quality) == (BOOT_ID, "air", "m@1", 1)
    columns = {each.name: each.values for each in results.columns}
    assert [
        (seq, time_ms, {name: values[i] for name, values in columns.items()})
        for i, (seq, time_ms) in enumerate(zip(results.seqs, results.times_ms, strict=True))
    ] == rows


def test_frame_rows_in_another_column_order_are_the_same_rows() -> None:
    """A row's mapping has no order that matters."""
    payload = frame([(1, 1, {"a": 1, "b": 2}), (2, 2, {"b": 4, "a": 3})])
    assert payload is not None
    assert [list(each.values) for each in cast("Results", codec.decode("results", payload)).columns] == [[1, 3], [2, 4]]


def test_frame_rows_of_other_columns_is_refused() -> None:
    """Rows that do not share their columns are not one stream."""
    with pytest.raises(ValueError, match="share their columns"):
        frame([(1, 1, {"a": 1}), (2, 2, {"b": 2})])


@pytest.mark.parametrize("count", [4097, 2000])
def test_frame_more_than_a_payload_holds_is_none(count: int) -> None:
    """Too many rows, or too many bytes, are for the caller to halve."""
    word = os.urandom(40).hex()
    assert frame([(i, i, {"word": f"{word}{i}"}) for i in range(count)]) is None


def test_frame_float32_column_keeps_its_width() -> None:
    """A column that is float32 by nature says so at the other end."""
    payload = frame([(1, 1, {"x": 0.5, "y": 0.1}), (2, 2, {"x": 0.25, "y": 0.2})], {"x": 32})
    assert payload is not None
    assert [each.width for each in cast("Results", codec.decode("results", payload)).columns] == [32, 64]


def test_frame_encoding_with_a_bug_costs_bytes_not_records() -> None:
    """What the encoding fails on goes out plain, whole, and is counted."""
    rows: list[Row] = [(i, 1_763_000_000_000 + i, {"temperature": 20.5 + i}) for i in range(3)]
    broken = Framer(Spec("broken", f"{__name__}:Broken", None))
    payload = broken.frame(stream="air", model="", boot_id=BOOT_ID, quality=TimeQuality.SYNCED, rows=rows)
    assert payload is not None
    message = cast("Results", codec.decode("results", payload))
    assert list(message.columns[0].values) == [20.5, 21.5, 22.5]
    assert broken.failures == 1
