"""An arithmetic coder: choices of known probability become a fraction of a bit each.

Encoder and Decoder have the same two methods, and each returns the choice, so that a model is written once: it names
what it would choose, and the decoder answers with what was chosen. The interval is 56 bits wide (two machine digits
of a Python int) and carry-less: it shifts out a byte when both ends agree on it.

Source: G. N. N. Martin, Range encoding (1979); the carry-less form is that of lpaq (M. Mahoney, 2007).
"""

from __future__ import annotations

from typing import Final, Protocol

WIDTH: Final = 56
TOP: Final = WIDTH - 8
FULL: Final = (1 << WIDTH) - 1
NARROW: Final = 1 << TOP
LEAST: Final = 1 << 32
CHUNK: Final = 1 << 16
"""Uniform choices are made at most sixteen bits at a time, so that the interval stays far wider than a choice."""


class Coder(Protocol):
    """Either direction."""

    def bit(self, bit: bool, chance: int) -> bool:
        """Code one choice.

        Args:
            bit: what to encode; ignored by a decoder.
            chance: of True, 1 to 65535 of 65536.
        """
        ...

    def uniform(self, value: int, count: int) -> int:
        """Code one of `count` equally likely values, 0 to count - 1."""
        ...


class Encoder:
    """Choices in, bytes out."""

    def __init__(self) -> None:
        self._low = 0
        self._high = FULL
        self._out = bytearray()

    def bit(self, bit: bool, chance: int) -> bool:
        """Encode one choice; see `Coder`."""
        cut = self._low + ((self._high - self._low) >> 16) * chance
        if bit:
            self._high = cut
        else:
            self._low = cut + 1
        if self._high - self._low < NARROW:
            self._shift()
        return bit

    def uniform(self, value: int, count: int) -> int:
        """Encode one of many; see `Coder`."""
        if count > CHUNK:
            self.uniform(value // CHUNK, (count - 1) // CHUNK + 1)
            self._part(value % CHUNK, CHUNK)
        else:
            self._part(value, count)
        return value

    def finish(self) -> bytes:
        """Return the bytes: the fewest that lie inside the last interval when zeros follow."""
        for length in range(WIDTH // 8 + 1):
            rest = WIDTH - 8 * length
            value = self._high >> rest << rest
            if value >= self._low:
                tail = (value >> rest).to_bytes(length, "big")
                return bytes(self._out + tail).rstrip(b"\0")
        raise AssertionError("the interval is empty")

    def _part(self, value: int, count: int) -> None:
        step = (self._high - self._low) // count
        self._low += step * value
        self._high = self._low + step - 1
        if self._high - self._low < NARROW:
            self._shift()

    def _shift(self) -> None:
        while True:
            if not (self._low ^ self._high) >> TOP:
                self._out.append(self._high >> TOP)
                self._low = self._low << 8 & FULL
                self._high = self._high << 8 & FULL | 0xFF
            elif self._high - self._low < LEAST:
                self._low, self._high = _larger_side(self._low, self._high)
            else:
                return


class Decoder:
    """Bytes in, choices out; past the end come zeros, so that every string of bytes means something."""

    def __init__(self, data: bytes) -> None:
        self._low = 0
        self._high = FULL
        self._data = data + bytes(WIDTH // 8)
        self._at = WIDTH // 8
        self._code = int.from_bytes(self._data[: self._at], "big")

    def bit(self, bit: bool, chance: int) -> bool:
        """Decode one choice; see `Coder`."""
        cut = self._low + ((self._high - self._low) >> 16) * chance
        bit = self._code <= cut
        if bit:
            self._high = cut
        else:
            self._low = cut + 1
        if self._high - self._low < NARROW:
            self._shift()
        return bit

    def uniform(self, value: int, count: int) -> int:
        """Decode one of many; see `Coder`."""
        if count > CHUNK:
            high = self.uniform(value, (count - 1) // CHUNK + 1)
            return min(high * CHUNK + self._part(CHUNK), count - 1)
        return self._part(count)

    def left(self) -> int:
        """Return how many bytes were never looked at."""
        return max(0, len(self._data) - WIDTH // 8 - self._at)

    def _part(self, count: int) -> int:
        step = (self._high - self._low) // count
        value = max(0, min((self._code - self._low) // step, count - 1))
        self._low += step * value
        self._high = self._low + step - 1
        if self._high - self._low < NARROW:
            self._shift()
        return value

    def _shift(self) -> None:
        while True:
            if not (self._low ^ self._high) >> TOP:
                at = self._at
                self._low = self._low << 8 & FULL
                self._high = self._high << 8 & FULL | 0xFF
                self._code = (self._code << 8 & FULL) | (self._data[at] if at < len(self._data) else 0)
                self._at = at + 1
            elif self._high - self._low < LEAST:
                self._low, self._high = _larger_side(self._low, self._high)
            else:
                return


def _larger_side(low: int, high: int) -> tuple[int, int]:
    """Give up the smaller part of a narrow interval whose ends will not agree on a byte: at most a bit, very rarely."""
    middle = high >> TOP << TOP
    return (middle, high) if high - middle >= middle - low else (low, middle - 1)
