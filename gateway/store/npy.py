"""NumPy's file format, for those who look at a raw window with a tool of their own; written without NumPy.

Source: numpy.lib.format, version 1.0: magic, a header of Python literals padded to 64 bytes, the items in C order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from node.wire.messages import Raw

_DESCRIPTIONS: Final = {"f4": "<f4", "u1": "|u1", "i2": "<i2"}
_ALIGN: Final = 64


def npy(raw: Raw) -> bytes:
    """Return a window as an .npy file.

    Raises:
        WireError: its data is not what it says.
    """
    description, shape = _DESCRIPTIONS[raw.dtype], tuple(raw.shape)
    header = f"{{'descr': '{description}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % _ALIGN) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + raw.unpacked()
