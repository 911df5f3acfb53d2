"""The verdict on a life after a crash: did a model answer, did the update end, what was asked for twice. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

OLD: Final = "digits@1"
NEW: Final = "digits@2"


class Verdict(NamedTuple):
    """What came of an end.

    Attributes:
        point: what was about to happen.
        mute: windows that no model answered.
        unended: what is wrong with how the update ended; empty for a good end.
        resent: pieces of files that were asked for again.
    """

    point: str
    mute: int
    unended: str
    resent: int


def words(lines: Sequence[str], kind: str) -> list[str]:
    """Return what was told of a kind."""
    return [line.partition(" ")[2] for line in lines if line.startswith(f"{kind} ")]


def judged(
    point: str, before: Sequence[str], after: Sequence[str], *, code: int, cycles: int, may_fail: bool = False
) -> Verdict:
    """Judge the next life by what both have told.

    Args:
        point: where the first one ended.
        before: what it told.
        after: what the next one told.
        code: its exit code.
        cycles: that it was to live; each has a window.
        may_fail: an update that was given up with a reason has ended well, too, where the old model answers.

    >>> after = ["answered digits@1", "answered digits@2", "stands successful: "]
    >>> judged("here", ["asked 7c 0"], [*after, "asked 7c 0"], code=0, cycles=2)
    Verdict(point='here', mute=0, unended='', resent=1)
    >>> judged("here", [], ["answered ", "stands shadow: "], code=0, cycles=2).mute
    2
    """
    asked = words(before, "asked") + words(after, "asked")
    answered = words(after, "answered")
    stands = words(after, "stands")
    if code or not stands:
        unended = f"the next life ended with {code}"
    else:
        unended = _unended(stands[0], answered, may_fail=may_fail)
    mute = sum(model not in {OLD, NEW} for model in answered) + max(0, cycles - len(answered))
    return Verdict(point, mute, unended, len(asked) - len(set(asked)))


def _unended(stands: str, answered: Sequence[str], *, may_fail: bool) -> str:
    state, _, reason = stands.partition(": ")
    wanted = {"successful": NEW, "failed": OLD if may_fail and reason else ""}.get(state, "")
    if not wanted:
        return f"the update stands at {stands}"
    last = answered[-1] if answered else "nobody"
    return "" if last == wanted else f"{last} answers"
