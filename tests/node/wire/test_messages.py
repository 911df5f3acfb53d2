"""The messages: values that a program cannot get wrong without being told."""

from __future__ import annotations

import dataclasses

import pytest

from node.wire.codec import CLASSES
from node.wire.errors import WireError
from node.wire.messages import Raw
from tests.node.wire.samples import BARE, BOOT


@pytest.mark.parametrize("kind", sorted(CLASSES))
def test_message_is_frozen(kind: str) -> None:
    """Nobody changes a message after it was made."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        BARE[kind].extra = {}  # type: ignore[misc] # what must not be possible


@pytest.mark.parametrize("kind", sorted(CLASSES))
def test_message_keys_are_positive_and_apart(kind: str) -> None:
    """Key 0 is the version's alone, and only the parts of a packed body share a key."""
    keys = [each.metadata["key"] for each in dataclasses.fields(CLASSES[kind]) if "rule" in each.metadata]
    assert len(set(keys)) == len(keys)
    assert min(keys) > 0


def test_raw_data_of_another_length_than_its_shape_is_refused() -> None:
    """A window that would be read past its end, or not to its end, is never made."""
    with pytest.raises(WireError, match=r"6 bytes of data; the shape says 8"):
        Raw(boot_id=BOOT, seq=0, time_ms=0, stream="s", shape=(2,), dtype="f4", data=bytes(6))


def test_raw_compressed_data_is_as_long_as_it_is() -> None:
    """Packed data says nothing about its unpacked length; the shape does."""
    raw = Raw(boot_id=BOOT, seq=0, time_ms=0, stream="s", shape=(100, 3), dtype="i2", coding=1, data=b"x")
    assert raw.size_bytes == 600
