"""Framing takes as many rows as fit, and always some."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.transmit.framing import Series, UnframeableError, compose
from node.values import TimeQuality
from tests.node.transmit.worlds import BOOT, decode, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.transmit.framing import Row

SERIES = Series(BOOT, "results", "", TimeQuality.SYNCED, 5, ("word",))


def rows_of(sizes: list[int]) -> list[Row]:
    """Return rows of roughly these sizes."""
    return [(seq, seq, {"word": "x" * size}) for seq, size in enumerate(sizes)]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 200), min_size=1, max_size=40), st.integers(300, 2000))
def test_compose_within_any_limit_takes_a_prefix(sizes: list[int], most_bytes: int) -> None:
    """The payload fits, holds the first rows in order, and at least one of them."""
    payload, taken = compose(SERIES, rows_of(sizes), encode=encode, most_bytes=most_bytes)
    assert len(payload) <= most_bytes
    assert [seq for seq, _, _ in decode(payload)[1]] == list(range(taken))
    assert taken >= 1


def test_compose_of_a_row_that_fits_nowhere_says_so() -> None:
    """One row beyond the limit is refused, whatever stands behind it."""
    with pytest.raises(UnframeableError, match="larger than 100 bytes"):
        compose(SERIES, rows_of([500, 1]), encode=encode, most_bytes=100)


def test_compose_where_the_encoder_says_too_many_halves() -> None:
    """An encoder that returns None is asked again with half."""

    def few(*, rows: Sequence[Row], **rest: object) -> bytes | None:
        return partial(encode, **rest)(rows=rows) if len(rows) <= 3 else None  # type: ignore[arg-type]  # passed through

    assert compose(SERIES, rows_of([1] * 12), encode=few)[1] == 3
