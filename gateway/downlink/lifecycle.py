"""How a command goes from ordered to done (pure).

    sent      it stands in what the node is told; the node has not answered
    accepted  the node has written it down
    running   the node has begun
    successful | failed | expired   it is over

A node speaks when it wakes, in any order and more than once; a state never goes back. What nobody answered in its time
is expired, and what was begun and never ended is, a day later: the node may be gone for good.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

DAY_MS: Final = 86_400_000


class State(StrEnum):
    """Where a command stands."""

    SENT = "sent"
    ACCEPTED = "accepted"
    RUNNING = "running"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    EXPIRED = "expired"


_ORDER: Final = (State.SENT, State.ACCEPTED, State.RUNNING)
OPEN: Final = frozenset(_ORDER)
"""States from which another may follow."""


def heard(before: State, told: str) -> tuple[State, str]:
    """Return the state after a node's word on a command, and its reason.

    Args:
        before: the state until now.
        told: the node's word, such as `failed: no lamp`; one that is none, or leads back, changes nothing.

    >>> heard(State.SENT, "failed: not allowed here")
    (<State.FAILED: 'failed'>, 'not allowed here')
    >>> heard(State.RUNNING, "accepted")
    (<State.RUNNING: 'running'>, '')
    """
    word, _, reason = told.partition(":")
    try:
        state = State(word.strip())
    except ValueError:
        return before, ""
    if before not in OPEN or (state in OPEN and _ORDER.index(state) < _ORDER.index(before)):
        return before, ""
    return state, reason.strip()


def expired(before: State, not_after_ms: int, now_ms: int) -> str:
    """Say why a command is over without the node's word; empty where it is not."""
    if before is State.SENT and now_ms > not_after_ms:
        return "the node did not answer in its time"
    if before in OPEN and now_ms > not_after_ms + DAY_MS:
        return f"the node has not said how it ended; it was {before}"
    return ""
