"""Windows: which of a sample's blocks are kept as they are, for those who must see what the model saw.

`windows` makes them of any sample, for whoever wants one; `Rationed` is what `[record] raw` asks for, so many a day.
Either hands them to `Outbox.append_raw`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from node.values import Window

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from node.config import Recording
    from node.values import Sample

DAY_MS: Final = 86_400_000


def windows(sample: Sample, *, only: Collection[str] = (), priority: int = 0) -> list[Window]:
    """Return a sample's blocks as raw windows (pure).

    Args:
        sample: what was sensed; one without blocks has no windows.
        only: names of blocks; empty for all that there are.
        priority: 0 to 9, as a record's.
    """
    return [
        Window(stream=name, time_ms=sample.time_ms, time_quality=sample.time_quality, block=block, priority=priority)
        for name, block in sample.blocks.items()
        if not only or name in only
    ]


class Rationed:
    """The windows that `[record] raw = "always"` asks for; remembers how many the day has had."""

    def __init__(self, recording: Recording, memory: Mapping[str, float]) -> None:
        """Go on where the last start ended.

        Args:
            recording: what is asked for.
            memory: what `memory` returned; empty for a first start.
        """
        self._recording = recording
        self._day = int(memory.get("day", -1))
        self._kept = int(memory.get("kept", 0))

    def of(self, sample: Sample) -> Sequence[Window]:
        """Return what is to be kept of a sample, and count it; the day is the sample's, by UTC."""
        recording = self._recording
        day = sample.time_ms // DAY_MS
        if day != self._day:
            self._day, self._kept = day, 0
        found = windows(sample, only=recording.raw_blocks, priority=recording.raw_priority)
        if recording.raw_per_day is not None:
            found = found[: max(recording.raw_per_day - self._kept, 0)]
        self._kept += len(found)
        return found

    def lacking(self, sample: Sample) -> str:
        """Say which of the blocks that were named a sample has not; empty where it has them all."""
        absent = [name for name in self._recording.raw_blocks if name not in sample.blocks]
        if not absent:
            return ""
        return f"record.raw_blocks: no {', '.join(absent)}; this sample has: {', '.join(sample.blocks) or 'none'}"

    def memory(self) -> Mapping[str, float]:
        """Return what the next start must know; a node that boots for each sample has one day, not many."""
        return {} if self._day < 0 else {"day": self._day, "kept": self._kept}
