"""The player: which take of a recording a read is given.

`step` gives the next one at every read, whatever the clock says. `recorded` plays the world as it was, `speed` times
as fast: a read is given what a sensor would have shown at that moment, takes that nobody looked at are passed over, and
nobody waits, so it is the same on the virtual clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from node.errors import HardwareError
from node.options import option
from node.sense import EndOfData

if TYPE_CHECKING:
    from collections.abc import Iterator

    from node.hal import Clock
    from node.sense.recording import Recording, Take
    from node.values import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """How a recording is played."""

    pace: Literal["step", "recorded"] = option("`step`: a take a read; `recorded`: as time goes by", default="step")
    speed: float = option("how many recorded seconds pass in one, for `recorded`", default=1.0, above=0)
    loop: bool = option("begin again at the end", default=False)
    limit: int = option("end after so many reads; 0 for no limit", default=0, least=0)


class Player:
    """Plays a recording. It does not decode what is passed over."""

    def __init__(self, recording: Recording, clock: Clock, pacing: Pacing) -> None:
        """Open nothing yet; the time of the first read is the recording's beginning."""
        self._recording = recording
        self._clock = clock
        self._pacing = pacing
        self._takes: Iterator[Take] | None = None
        self._reads = 0
        self._current: Take | None = None
        self._next: Take | None = None
        self._offset_s = 0.0

    def read(self) -> Reading:
        """Give the take that is due.

        Raises:
            EndOfData: the recording, or the limit, is over.
            HardwareError: the file cannot be read.
        """
        if self._pacing.limit and self._reads >= self._pacing.limit:
            raise EndOfData(f"the limit of {self._pacing.limit} reads is reached")
        take = self._step() if self._pacing.pace == "step" else self._due()
        self._reads += 1
        return take.reading()

    def close(self) -> None:
        """Let go of the file; a later read begins again."""
        self._takes = None
        self._current = None

    def _step(self) -> Take:
        if self._takes is None:
            self._takes = self._recording.takes()
        take = self._advance()
        if take is None and self._pacing.loop:
            self._takes = self._recording.takes()
            take = self._advance()
        if take is None:
            raise EndOfData(self._ending())
        return take

    def _due(self) -> Take:
        now_s = self._clock.monotonic_s() * self._pacing.speed
        take = self._begin(now_s) if self._current is None else self._current
        while self._next is not None and self._next.time_s() <= now_s - self._offset_s:
            take, self._next = self._next, self._advance()
        if self._next is None and now_s - self._offset_s >= take.time_s() + self._recording.period_s:
            if not self._pacing.loop:
                raise EndOfData(self._ending())
            take = self._begin(now_s)
        self._current = take
        return take

    def _begin(self, now_s: float) -> Take:
        """Start the recording so that its first take is happening now."""
        self._takes = self._recording.takes()
        first = self._advance()
        if first is None:
            raise EndOfData(self._ending())
        self._offset_s = now_s - first.time_s()
        self._next = self._advance()
        return first

    def _ending(self) -> str:
        return f"the recording ended after {self._reads} reads"

    def _advance(self) -> Take | None:
        """Return the next take; None at the end. A file that fails is begun again by the next read."""
        if self._takes is None:
            return None
        try:
            return next(self._takes, None)
        except HardwareError:
            self._takes = None  # a generator that raised is over for good, and would look like the recording's end
            raise
