"""By which time a record is ordered: the node's where it can be believed, else the gateway's.

Both stand in the database. A clock that was never set, or that lives in 1970 or in 2106, must not open a window there;
what it still knows is how far apart its rows are, and that is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

UNSET: Final = 2
"""`time_quality` of a clock that was never set."""
EARLIEST_MS: Final = 1_577_836_800_000
"""2020-01-01: before Torpor, so nobody's measurement."""
AHEAD_MS: Final = 300_000
"""How far a node's clock may run ahead of the gateway's before it is not believed."""


def event_times(times_ms: Sequence[int], quality: int, received_ms: int) -> Sequence[int]:
    """Return the times to order a batch by, in milliseconds since 1970.

    Args:
        times_ms: by the node's clock.
        quality: of that clock.
        received_ms: by the gateway's clock.

    >>> event_times([0, 1000], 2, 1_700_000_000_000)
    [1699999999000, 1700000000000]
    """
    newest = max(times_ms)
    believed = quality != UNSET and min(times_ms) >= EARLIEST_MS and newest <= received_ms + AHEAD_MS
    return times_ms if believed else [received_ms - newest + each for each in times_ms]
