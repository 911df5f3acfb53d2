"""Two decimal digits in a byte, as clock chips keep them."""

from __future__ import annotations

from node.errors import HardwareError


def to_bcd(number: int) -> int:
    """Pack 0 to 99.

    >>> hex(to_bcd(59))
    '0x59'
    """
    return number // 10 << 4 | number % 10


def from_bcd(byte: int) -> int:
    """Unpack a byte.

    Raises:
        HardwareError: a digit is above nine: that is no clock.

    >>> from_bcd(0x59)
    59
    """
    tens, ones = byte >> 4, byte & 0x0F
    if tens > 9 or ones > 9:
        raise HardwareError(f"0x{byte:02x} is no decimal: what answers is not the clock that was expected")
    return tens * 10 + ones
