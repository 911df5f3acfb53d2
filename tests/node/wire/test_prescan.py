"""The prescan: what a hostile peer may send, and what it may cost."""

from __future__ import annotations

import contextlib
import io
import time
from typing import TYPE_CHECKING, Final

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.wire import prescan
from node.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable

WELL_FORMED = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats()
    | st.text(max_size=40)
    | st.binary(max_size=300),
    lambda inner: (
        st.lists(inner, max_size=30)
        | st.dictionaries(st.integers(-(2**64), 2**64 - 1) | st.text(max_size=30), inner, max_size=20)
    ),
    max_leaves=60,
)


def colliding_map(size_bytes: int) -> bytes:
    """Return a map whose keys all have one hash in Python: multiples of the prime 2^61 - 1, most of them bignums."""
    prime = 2**61 - 1
    keys = [index * prime for index in range(size_bytes // 13)]
    body = b"".join(
        (b"\x1b" + key.to_bytes(8, "big") if key < 2**64 else b"\xc2\x4a" + key.to_bytes(10, "big")) + b"\x00"
        for key in keys
    )
    return b"\xb9" + len(keys).to_bytes(2, "big") + body


HOSTILE: Final = {
    "empty": (b"", "truncated"),
    "only a head": (b"\xa1", "truncated"),
    "key without value": (b"\xa1\x00", "truncated"),
    "half an integer": (b"\x1b\x00", "truncated"),
    "half a text": (b"\x65abc", "truncated"),
    "half a float": (b"\xfb\x00", "truncated"),
    "string of 2^63 bytes": (b"\x5b\x7f" + b"\xff" * 7, "truncated"),
    "text of 2^64 - 1 bytes": (b"\x7b" + b"\xff" * 8, "truncated"),
    "array of 2^64 - 1 items": (b"\x9b" + b"\xff" * 8, "too-many-items"),
    "map of 2^60 entries": (b"\xbb\x10" + b"\x00" * 7, "too-many-entries"),
    "array of 4,097 items": (b"\x99\x10\x01" + b"\x00" * 4097, "too-many-items"),
    "1,000 arrays of 10 items": (b"\x99\x03\xe8" + (b"\x8a" + b"\x00" * 10) * 1000, "too-many-items"),
    "map of 65 entries": (b"\xb8\x41" + b"".join(bytes((0x18, key, 0)) for key in range(65)), "too-many-entries"),
    "map of colliding integers": (colliding_map(60_000), "too-many-entries"),
    "9 levels": (b"\x81" * 9 + b"\x00", "too-deep"),
    "60,000 levels": (b"\x81" * 60_000, "too-deep"),
    "9 levels of maps": (b"\xa1\x00" * 9 + b"\x00", "too-deep"),
    "64 KiB and a byte": (b"\x5a\x00\x01\x00\x00" + bytes(65532), "too-large"),
    "trailing byte": (b"\xa0\x00", "trailing-bytes"),
    "two messages": (b"\xa1\x00\x01" * 2, "trailing-bytes"),
    "endless array": (b"\x9f\x00\xff", "indefinite"),
    "endless map": (b"\xbf\x00\x00\xff", "indefinite"),
    "endless bytes": (b"\x5f\x41a\xff", "indefinite"),
    "endless text": (b"\x7f\x61a\xff", "indefinite"),
    "lonely break": (b"\xff", "indefinite"),
    "date": (cbor2.dumps(cbor2.CBORTag(0, "2026-01-01T00:00:00Z")), "tag"),
    "timestamp": (b"\xc1\x00", "tag"),
    "bignum of a megabit": (b"\xc2\x59\xf0\x00" + b"\xff" * 0xF000, "tag"),
    "decimal fraction 1e1000000": (bytes.fromhex("c4821a000f424001"), "tag"),
    "bigfloat": (bytes.fromhex("c5821a7fffffff01"), "tag"),
    "regular expression": (b"\xd8\x23" + cbor2.dumps("(a+)+$"), "tag"),
    "MIME message": (b"\xd8\x24" + cbor2.dumps("Subject: x\n\n"), "tag"),
    "shared reference": (bytes.fromhex("d81c81d81d00"), "tag"),
    "set": (bytes.fromhex("d9010281"), "tag"),
    "self-described": (bytes.fromhex("d9d9f7a0"), "tag"),
    "reserved tag": (b"\xdc", "bad-head"),
    "reserved head of an integer": (b"\x1c", "bad-head"),
    "endless integer": (b"\x1f", "bad-head"),
    "reserved head of a string": (b"\x5c", "bad-head"),
    "reserved head of an array": (b"\x9d", "bad-head"),
    "undefined": (b"\xf7", "bad-simple"),
    "simple 0": (b"\xe0", "bad-simple"),
    "simple 255": (b"\xf8\xff", "bad-simple"),
    "reserved simple": (b"\xfc", "bad-head"),
    "integer key twice": (b"\xa2\x00\x01\x00\x02", "duplicate-key"),
    "text key twice": (b"\xa2\x61a\x01\x61a\x02", "duplicate-key"),
    "long text key twice": (b"\xa2" + (b"\x78\x20" + b"k" * 32 + b"\x00") * 2, "duplicate-key"),
    "key twice, inside": (b"\x81\xa2\x00\x01\x00\x02", "duplicate-key"),
    "key twice, once in a longer form": (b"\xa2\x00\x01\x18\x00\x02", "bad-key"),
    "key twice, once as a long text": (b"\xa2\x61a\x01\x78\x01a\x02", "bad-key"),
    "array as key": (b"\xa1\x80\x00", "bad-key"),
    "map as key": (b"\xa1\xa0\x00", "bad-key"),
    "float as key": (b"\xa1\xf9\x00\x00\x00", "bad-key"),
    "true as key": (b"\xa1\xf5\x00", "bad-key"),
    "bytes as key": (b"\xa1\x41a\x00", "bad-key"),
    "tag as key": (b"\xa1\xc1\x00\x00", "bad-key"),
}
"""What it is: the bytes, and the reason they are refused for."""


@pytest.mark.parametrize("name", HOSTILE)
def test_check_hostile_bytes_are_refused_with_their_reason(name: str) -> None:
    """Each bomb and each forgery known to work on a decoder somewhere has its stable reason."""
    payload, reason = HOSTILE[name]
    with pytest.raises(WireError) as caught:
        prescan.check(payload)
    assert caught.value.reason == reason


@given(WELL_FORMED)
@settings(deadline=None, max_examples=300)
def test_check_modest_item_passes(item: object) -> None:
    """What CBOR libraries make of plain values in modest numbers is never refused."""
    payload = cbor2.dumps(item)
    if prescan_depth(item) <= prescan.MOST_DEPTH:
        prescan.check(payload)


def prescan_depth(item: object) -> int:
    """Return how many arrays and maps an item is deep."""
    if isinstance(item, list):
        return 1 + max(map(prescan_depth, item), default=0)
    if isinstance(item, dict):
        return 1 + max(map(prescan_depth, item.values()), default=0)
    return 0


@given(st.binary(max_size=400))
@settings(deadline=None, max_examples=1000)
def test_check_any_bytes_that_pass_are_decoded_whole(payload: bytes) -> None:
    """What passes is one CBOR item, to its last byte: the decoder finds nothing but bad UTF-8 wrong with it."""
    try:
        prescan.check(payload)
    except WireError:
        return
    stream = io.BytesIO(payload)
    cbor2.CBORDecoder(stream, str_errors="replace", allow_indefinite=False, read_size=1).decode()
    assert stream.tell() == len(payload)


@given(WELL_FORMED, st.data())
@settings(deadline=None, max_examples=300)
def test_check_every_cut_of_an_item_is_refused(item: object, data: st.DataObject) -> None:
    """No beginning of a message is a message."""
    payload = cbor2.dumps(item)
    cut = data.draw(st.integers(0, len(payload) - 1))
    with pytest.raises(WireError):
        prescan.check(payload[:cut])


def test_check_largest_message_passes() -> None:
    """The limits themselves are still inside."""
    prescan.check(b"\x5a\x00\x00\xff\xfb" + bytes(65531))
    prescan.check(b"\x99\x0f\xff" + bytes(4095))
    prescan.check(b"\xb8\x40" + b"".join(bytes((0x18, key, 0)) for key in range(24, 88)))
    prescan.check(b"\x81" * 7 + b"\x80")


class Counted(bytes):
    """Bytes that count how often one of them is looked at."""

    looks = 0

    def __getitem__(self, place: object) -> object:  # type: ignore[override] # counts, and answers as bytes do
        self.looks += 1
        answer: object = super().__getitem__(place)  # type: ignore[call-overload] # as above
        return answer


@pytest.mark.parametrize("name", HOSTILE)
def test_check_any_bomb_costs_a_bounded_number_of_looks(name: str) -> None:
    """Work is bounded by the items allowed, whatever 64 KiB of bytes say."""
    payload = Counted(HOSTILE[name][0])
    with pytest.raises(WireError):
        prescan.check(payload)
    assert payload.looks <= 4 * prescan.MOST_ITEMS


@given(
    st.lists(
        st.sampled_from([b"\x81", b"\xa1\x00", b"\x00", b"\x80", b"\x8a", b"\x60", b"\x19\x00\x00"]), max_size=9000
    )
)
@settings(deadline=None, max_examples=50)
def test_check_any_bytes_cost_a_bounded_number_of_looks(pieces: list[bytes]) -> None:
    """The bound holds for what nobody thought of, too."""
    payload = Counted(b"".join(pieces))
    with contextlib.suppress(WireError):
        prescan.check(payload)
    assert payload.looks <= 4 * prescan.MOST_ITEMS


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def refusal_seconds(payload: bytes) -> float:
    """Return how long the prescan takes to refuse, at best of five."""

    def work() -> None:
        with pytest.raises(WireError):
            prescan.check(payload)

    return min(seconds(work) for _ in range(5))


def test_control_plain_decoder_works_long_where_the_prescan_does_not() -> None:
    """The colliding map is a bomb indeed: without the prescan it costs the decoder over a hundred times as much."""
    bomb = HOSTILE["map of colliding integers"][0]
    assert seconds(lambda: cbor2.loads(bomb)) > 100 * refusal_seconds(bomb)


@pytest.mark.parametrize(
    "name",
    [
        "trailing byte",
        "two messages",
        "integer key twice",
        "endless array",
        "bignum of a megabit",
        "decimal fraction 1e1000000",
        "regular expression",
        "shared reference",
        "undefined",
        "1,000 arrays of 10 items",
        "9 levels",
        "array as key",
    ],
)
def test_control_plain_decoder_accepts_what_the_prescan_refuses(name: str) -> None:
    """Without the prescan these would be in: the decoder's own defaults take every one of them."""
    cbor2.loads(HOSTILE[name][0])
