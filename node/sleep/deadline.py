"""When the next cycle is due (pure).

Cycles keep their phase: a cycle that took long shortens the nap after it instead of shifting all that follow, and
deadlines that went by meanwhile are skipped, not made up for: two samples a millisecond apart tell nothing new.

A period that is bent would drift past the moment at which the gateway was told to expect the node. Only a cycle can
transmit, so the one that would step over a promise is held at the promise instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


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


def held(due: Due, *, now_s: float, promised_s: float | None, slack_s: float) -> Due:
    """Return a deadline that does not step over a promise.

    Args:
        due: as the period has it.
        now_s: the monotonic clock now; a promise that is past is broken already, and the next deadline will do.
        promised_s: when the node said that it will be heard, monotonic; None where it said nothing.
        slack_s: how far a deadline may be off the promise and still serve it: cycles jitter.

    >>> held(Due(at_s=160.0, skipped=0), now_s=100.0, promised_s=130.0, slack_s=5.0)
    Due(at_s=130.0, skipped=0)
    >>> held(Due(at_s=120.0, skipped=0), now_s=100.0, promised_s=130.0, slack_s=5.0)
    Due(at_s=120.0, skipped=0)
    """
    if promised_s is None or not now_s < promised_s < due.at_s - slack_s:
        return due
    return replace(due, at_s=promised_s)
