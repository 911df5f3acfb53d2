"""Small numbers as bytes: LEB128 varints, zigzag, and a reader that cannot run past the end."""

from __future__ import annotations

import struct

from node.wire.errors import WireError


def zigzag(value: int) -> int:
    """Fold the signs together, so that small stays small: 0, -1, 1, -2 become 0, 1, 2, 3."""
    return value << 1 if value >= 0 else (-value << 1) - 1


def unzigzag(value: int) -> int:
    """Undo `zigzag`."""
    return value >> 1 if not value & 1 else -(value + 1 >> 1)


def varint(value: int) -> bytes:
    """Write a number >= 0 in groups of seven bits, lowest first, the high bit set on all but the last."""
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def text(value: str) -> bytes:
    """Write a length and UTF-8.

    Raises:
        ValueError: there is a NUL in it, which PostgreSQL, C and half of all subscribers cannot hold.
    """
    data = value.encode()
    if 0 in data:
        raise ValueError(f"{value[:40]!r} holds a NUL")
    return varint(len(data)) + data


class Reader:
    """A cursor over bytes from the air."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def byte(self) -> int:
        """Read one byte."""
        try:
            value = self.data[self.at]
        except IndexError:
            raise WireError("short-body", f"ends at byte {self.at}") from None
        self.at += 1
        return value

    def varint(self, most: int = 1 << 64) -> int:
        """Read a varint, refused when above `most`."""
        data, at = self.data, self.at
        value = shift = 0
        try:
            while (byte := data[at]) > 0x7F:
                value |= (byte & 0x7F) << shift
                shift += 7
                at += 1
                if shift > 70:
                    raise WireError("bad-body", f"an endless number at byte {at}")
        except IndexError:
            raise WireError("short-body", f"ends at byte {at}") from None
        self.at = at + 1
        value |= byte << shift
        if value > most:
            raise WireError("bad-body", f"{value} at byte {self.at} is above {most}")
        return value

    def signed(self) -> int:
        """Read a zigzag varint."""
        return unzigzag(self.varint())

    def take(self, count: int) -> bytes:
        """Read that many bytes."""
        end = self.at + count
        if end > len(self.data):
            raise WireError("short-body", f"{count} bytes wanted at byte {self.at} of {len(self.data)}")
        data = self.data[self.at : end]
        self.at = end
        return data

    def double(self) -> float:
        """Read eight bytes as a float64."""
        return float(struct.unpack("<d", self.take(8))[0])

    def text(self, most: int = 64) -> str:
        """Read a length and UTF-8 without a NUL."""
        data = self.take(self.varint(most))
        try:
            word = data.decode()
        except UnicodeDecodeError as error:
            raise WireError("bad-body", f"no UTF-8 before byte {self.at}") from error
        if 0 in data:
            raise WireError("bad-body", f"a NUL before byte {self.at}")
        return word

    def rest(self) -> bytes:
        """Read all that is left."""
        return self.take(len(self.data) - self.at)
