"""A chip on an I2C bus that is also written to."""

from __future__ import annotations

import os

from boards.meters.i2c import Device


class Chip(Device):
    """Satisfies `boards.sleeping.Registers`."""

    def write(self, register: int, data: bytes) -> None:
        """Send bytes for a register and those after it, in one transaction.

        Raises:
            OSError: nobody answered.
        """
        os.write(self._file, bytes([register, *data]))
