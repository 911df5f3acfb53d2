"""Target: any bytes to the prescan. What it passes, the decoder must take whole, and find small and plain."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import cbor2

from node.wire import prescan
from node.wire.errors import WireError
from tools.fuzzing import expect_known

if TYPE_CHECKING:
    from collections.abc import Callable


def check(data: bytes, subject: Callable[[bytes], None] = prescan.check) -> None:
    """Try one input.

    Raises:
        AssertionError: it was passed and is no modest item, or refused without a known reason.
    """
    try:
        subject(data)
    except WireError as error:
        expect_known(error)
        return
    stream = io.BytesIO(data)
    try:
        item = cbor2.CBORDecoder(stream, str_errors="replace", allow_indefinite=False, read_size=1).decode()
    except (cbor2.CBORError, ValueError) as error:
        raise AssertionError(f"passed, and the decoder says: {error}") from error
    assert stream.tell() == len(data) <= prescan.MOST_BYTES, f"the item ends at {stream.tell()} of {len(data)}"
    items = _measure(item, 1)
    assert items <= prescan.MOST_ITEMS, f"{items} items"


def _measure(item: object, depth: int) -> int:
    """Return how many items there are, keys included; and judge each by the way."""
    if isinstance(item, list):
        assert depth <= prescan.MOST_DEPTH, f"an array at level {depth}"
        return 1 + sum(_measure(each, depth + 1) for each in item)
    if isinstance(item, dict):
        assert depth <= prescan.MOST_DEPTH, f"a map at level {depth}"
        assert len(item) <= prescan.MOST_ENTRIES, f"a map of {len(item)}"
        assert all(type(key) in {int, str} for key in item), "a key that is neither an integer nor a text"
        return 1 + len(item) + sum(_measure(each, depth + 1) for each in item.values())
    assert item is None or type(item) in {bool, int, float, str, bytes}, f"a {type(item).__name__}"
    assert type(item) is not int or -(2**64) <= item < 2**64, f"an integer of {item.bit_length()} bits"
    return 1
