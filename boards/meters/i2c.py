"""A chip on an I2C bus, through the kernel's /dev/i2c-N and nothing else: Documentation/i2c/dev-interface.rst."""

from __future__ import annotations

import ctypes
import fcntl
import os
from typing import TYPE_CHECKING, Final

from node.errors import HardwareError

if TYPE_CHECKING:
    from pathlib import Path

I2C_SLAVE: Final = 0x0703  # <linux/i2c-dev.h>
I2C_RDWR: Final = 0x0707
I2C_M_RD: Final = 0x0001  # <linux/i2c.h>


class _Message(ctypes.Structure):
    """`struct i2c_msg`."""

    _fields_ = (
        ("addr", ctypes.c_uint16),
        ("flags", ctypes.c_uint16),
        ("len", ctypes.c_uint16),
        ("buf", ctypes.c_void_p),
    )


class _Transfer(ctypes.Structure):
    """`struct i2c_rdwr_ioctl_data`."""

    _fields_ = (("msgs", ctypes.POINTER(_Message)), ("nmsgs", ctypes.c_uint32))


class Device:
    """Reads registers in one transaction with a repeated start, so that nobody comes between."""

    def __init__(self, path: Path, address: int) -> None:
        """Open the bus and claim the address.

        Args:
            path: such as `/dev/i2c-1`.
            address: 7 bits.

        Raises:
            HardwareError: there is no such bus, or a kernel driver holds the chip.
        """
        self._address = address
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise HardwareError(f"{path}: {error.strerror}; is I2C switched on, and may this user open it?") from error
        try:
            fcntl.ioctl(self._file, I2C_SLAVE, address)  # EBUSY where a driver holds it, which I2C_RDWR does not ask
        except OSError as error:
            os.close(self._file)
            raise HardwareError(f"{path} 0x{address:02x}: {error.strerror}; a kernel driver may hold it") from error

    def read(self, register: int, count: int) -> bytes:
        """Read `count` bytes from a register on.

        Raises:
            OSError: nobody answered.
        """
        asked, told = ctypes.create_string_buffer(bytes([register]), 1), ctypes.create_string_buffer(count)
        messages = (_Message * 2)(
            _Message(self._address, 0, 1, ctypes.cast(asked, ctypes.c_void_p)),
            _Message(self._address, I2C_M_RD, count, ctypes.cast(told, ctypes.c_void_p)),
        )
        fcntl.ioctl(self._file, I2C_RDWR, _Transfer(messages, 2))
        return told.raw

    def close(self) -> None:
        """Let go of the bus."""
        os.close(self._file)
