"""Refuses hostile CBOR in one pass over its bytes, before anything is allocated for it.

A decoder that builds first and checks later can be made to work for hours by a few bytes: 63 KiB of a map whose
integer keys collide cost cbor2 half a second, 253 KiB eleven; an eight-byte decimal fraction cost 140 s; shared
references double per level. Nothing of that is in Torpor's messages, so the walk below meets only what they are
made of: maps with short keys, arrays, strings, 64-bit integers, floats, false, true and null.

It looks at each item's initial byte (RFC 8949 §3: three bits of major type, five of argument), steps over the
contents of strings and never recurses. What it does not do: UTF-8, which the decoder checks, and meaning, which is
`fields`' affair.
"""

from __future__ import annotations

from typing import Final, NoReturn

from node.wire.errors import WireError

MOST_BYTES: Final = 65536
MOST_ITEMS: Final = 4096
MOST_ENTRIES: Final = 64
MOST_DEPTH: Final = 8

_Level = tuple[int, "set[bytes] | None"]
_ARRAY, _MAP, _TAG = 0x80, 0xA0, 0xC0
_ARGUMENT_BYTES: Final = {24: 1, 25: 2, 26: 4, 27: 8}
_LEAST_ARGUMENT: Final = {24: 24, 25: 1 << 8, 26: 1 << 16, 27: 1 << 32}


def _size(head: int) -> int:
    """Return how many bytes an item takes, where its initial byte alone tells; else 0."""
    major, low = head >> 5, head & 31
    if major in {0, 1}:
        return 1 + _ARGUMENT_BYTES.get(low, 0) if low < 28 else 0
    if major in {2, 3}:
        return 1 + low if low < 24 else 0
    return {0xF4: 1, 0xF5: 1, 0xF6: 1, 0xF9: 3, 0xFA: 5, 0xFB: 9}.get(head, 0)


_SIZES: Final = bytes(map(_size, range(256)))
# A key is an integer or a text. Those whose argument follows the initial byte are looked at one by one.
_KEY_SIZES: Final = bytes(_SIZES[head] if head >> 5 in {0, 1, 3} and head & 31 < 24 else 0 for head in range(256))


def check(payload: bytes) -> None:
    """Walk over one CBOR item.

    Args:
        payload: as it came off the air.

    Raises:
        WireError: `too-large`, `too-deep`, `too-many-items`, `too-many-entries`, `truncated`, `trailing-bytes`,
            `indefinite`, `tag`, `bad-simple`, `bad-head`, `bad-key` or `duplicate-key`.
    """
    if len(payload) > MOST_BYTES:
        raise WireError("too-large", f"{len(payload)} bytes; at most {MOST_BYTES}")
    try:
        end = _walk(payload)
    except IndexError:
        raise WireError("truncated", f"{len(payload)} bytes, and more was promised") from None
    if end != len(payload):
        short = end > len(payload)
        raise WireError("truncated" if short else "trailing-bytes", f"the item ends at byte {end} of {len(payload)}")


def _walk(payload: bytes) -> int:
    """Return where the first item ends, which may be past the end of the payload."""
    at, owed, levels = 0, 1, list[_Level]()
    keys: set[bytes] | None = None  # those seen in the map that is open; None in an array
    for _ in range(MOST_ITEMS):
        head = payload[at]
        if keys is not None and not owed & 1:  # a map owes two items an entry, so at even counts comes a key
            start, at = at, at + (_KEY_SIZES[head] or _key_size(payload, at))
            key = payload[start:at]
            if key in keys:
                raise WireError("duplicate-key", f"{key[:16].hex()} at byte {start}")
            keys.add(key)
            owed -= 1
            continue
        owed -= 1
        size = _SIZES[head]
        if size:
            at += size
        elif head < _ARRAY:
            at += _string_size(payload, at)
        else:
            size, count = _opened(payload, at, len(levels))
            at += size
            levels.append((owed, keys))
            owed, keys = count, set() if head >= _MAP else None
        while not owed:
            if not levels:
                return at
            owed, keys = levels.pop()
    raise WireError("too-many-items", f"more than {MOST_ITEMS}")


def _opened(payload: bytes, at: int, depth: int) -> tuple[int, int]:
    """Return the size of an array's or map's head, and how many items it promises."""
    if payload[at] >= _TAG:
        _refuse(payload[at], at)
    size, count = _argument(payload, at)
    if depth >= MOST_DEPTH:
        raise WireError("too-deep", f"more than {MOST_DEPTH} levels at byte {at}")
    if payload[at] < _MAP:
        if count > MOST_ITEMS:
            raise WireError("too-many-items", f"an array of {count} at byte {at}; at most {MOST_ITEMS}")
        return size, count
    if count > MOST_ENTRIES:
        raise WireError("too-many-entries", f"a map of {count} at byte {at}; at most {MOST_ENTRIES}")
    return size, 2 * count


def _string_size(payload: bytes, at: int) -> int:
    size, length = _argument(payload, at)
    return size + length


def _key_size(payload: bytes, at: int) -> int:
    """Return the size of a longer key; its argument has to be in its shortest form, so that equal means equal bytes."""
    head = payload[at]
    if head >> 5 not in {0, 1, 3}:
        raise WireError("bad-key", f"initial byte {head:#04x} at byte {at}; a key is an integer or a text")
    size, argument = _argument(payload, at)
    if argument < _LEAST_ARGUMENT[head & 31]:
        raise WireError("bad-key", f"{payload[at : at + size].hex()} at byte {at} is not in its shortest form")
    return size + argument if head >> 5 == 3 else size


def _argument(payload: bytes, at: int) -> tuple[int, int]:
    """Return the size of an item's head and its argument: a value, a length or a count."""
    head = payload[at]
    low = head & 31
    if low < 24:
        return 1, low
    width = _ARGUMENT_BYTES.get(low)
    if width is None:
        _refuse(head, at)
    return 1 + width, int.from_bytes(payload[at + 1 : at + 1 + width], "big")


def _refuse(head: int, at: int) -> NoReturn:
    """Say why this initial byte cannot stand in a message."""
    where = f"initial byte {head:#04x} at byte {at}"
    if head & 31 == 31 and head >> 5 not in {0, 1, 6}:
        raise WireError("indefinite", f"{where}; lengths are given up front")
    if head & 31 in {28, 29, 30, 31}:
        raise WireError("bad-head", f"{where} is reserved (RFC 8949 §3)")
    if head >> 5 == 6:
        raise WireError("tag", f"{where}; messages have no tags")
    raise WireError("bad-simple", f"{where}; of the simple values only false, true and null are used")
