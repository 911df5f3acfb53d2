"""A wattmeter that reads itself while the node is awake, as often as its board's file says.

Without it a transmission of ten seconds would lie between two readings, and be a gap. With it through a nap, the
readings would be what keeps the board awake: so the ledger says when to look, and a thread lives from one to the next.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from node.hal import EnergyReading, Meter


class Watched:
    """A meter with a rhythm; satisfies `node.hal.Meter`.

    Attributes:
        period_s: from one reading to the next.
    """

    def __init__(self, meter: Meter, rate_hz: float) -> None:
        """Take the meter; nobody else may read it from here on.

        Args:
            meter: who is asked, one at a time.
            rate_hz: readings a second.
        """
        self._meter = meter
        self.period_s = 1.0 / rate_hz
        self._lock = threading.Lock()
        self._over: threading.Event | None = None

    def read(self) -> EnergyReading | None:
        """Read it now, between two readings of its own."""
        with self._lock:
            return self._meter.read()

    def watch(self, *, closely: bool) -> None:
        """Begin to read it in its rhythm, or end."""
        if closely and self._over is None:
            self._over = threading.Event()
            threading.Thread(target=self._follow, args=(self._over,), name="meter", daemon=True).start()
        elif not closely and self._over is not None:
            self._over.set()  # the thread ends at its next look; a chip that answers late does not hold up the nap
            self._over = None

    def _follow(self, over: threading.Event) -> None:
        while not over.wait(self.period_s):
            self.read()
