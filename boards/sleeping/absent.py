"""A controller that the operator named and that cannot be reached: it wakes nobody, and says why."""

from __future__ import annotations

from node.errors import HardwareError


class Absent:
    """Satisfies `boards.sleeping.Alarm`, so that the board still has a bed, and light sleep its savings."""

    reach_s = 0.0

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        self._reason = reason

    def refusal(self) -> str:
        """Say why it cannot be used."""
        return self._reason

    def arm(self, in_s: float) -> None:
        """Refuse.

        Raises:
            HardwareError: always.
        """
        raise HardwareError(f"nobody wakes this machine in {in_s:.0f} s: {self._reason}")

    def disarm(self) -> None:
        """Do nothing."""
