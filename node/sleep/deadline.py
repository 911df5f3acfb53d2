"""When the next cycle is due (pure).

Cycles keep their phase: a cycle that took long shortens the nap after it instead of shifting all that follow, and
deadlines that went by meanwhile are skipped, not made up for: two samples a millisecond apart tell nothing new.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The next deadline.

    Attributes:
        at_s: on the monotonic clock.
        skipped: how many deadlines went by unserved.
    """

    at_s: float
    skipped: int


def next_due(*, last_s: float, now_s: float, period_s: float) -> Due:
    """Return the first deadline after `now_s` on the grid `last_s + k * period_s`.

    Args:
        last_s: the deadline that was served last, monotonic.
        now_s: the monotonic clock now; not before `last_s`.
        period_s: between two deadlines; 0 means at once, always.

    >>> next_due(last_s=100.0, now_s=100.3, period_s=1.0)
    Due(at_s=101.0, skipped=0)
    >>> next_due(last_s=100.0, now_s=103.2, period_s=1.0)
    Due(at_s=104.0, skipped=3)
    """
    if period_s <= 0.0:
        return Due(at_s=now_s, skipped=0)
    passed = max(0, int((now_s - last_s) / period_s))
    at_s = last_s + (passed + 1) * period_s
    return Due(at_s=at_s, skipped=passed)
