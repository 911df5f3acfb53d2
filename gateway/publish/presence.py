"""Presence: what to show of a node, from what it promised and when it was last heard. Pure.

Homie 5's words, and two of the gateway's own:

    init, ready     it is awake, and was heard within its interval
    sleeping        it promised to sleep until a time that has not come
    late            the promise is broken by more than its grace
    lost            nothing for twice the promise and its grace, or the broker saw it die awake
    disconnected    it said goodbye and promised nothing

A sleeper is never shown as dead before twice its promise plus grace; a dead node is never shown as alive for longer.
All times are by the gateway's clock: of the node's clock only differences are used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from node.wire.messages import Presence, State

LATE: Final = "late"
MOST_MS: Final = 10**12
"""32 years, the most that the wire lets a node promise as an interval; `next_wake` could say more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What is known of one node.

    Attributes:
        state: what it last said.
        boot_id: who said it; empty where unknown.
        said_ms: when it said so.
        heard_ms: when anything was last heard.
        promise_ms: how long it may be silent.
        grace_ms: and how much longer, before that means anything.
        awake_until_ms: the end of the lease that keeps it up, by its own clock; 0 for none.
    """

    state: State
    boot_id: bytes
    said_ms: int
    heard_ms: int
    promise_ms: int
    grace_ms: int
    awake_until_ms: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """What to show.

    Attributes:
        word: one of the words above.
        look_ms: when it may change by itself; None for never.
    """

    word: str
    look_ms: int | None


def say(life: Life | None, said: Presence, said_ms: int, *, silence_ms: int, grace_ms: int) -> Life:
    """Take in a presence message.

    Args:
        life: what was known; None for a stranger.
        said: the message; `lost` is the will that the broker speaks.
        said_ms: when it was said, by the gateway's clock.
        silence_ms: the promise of a node that names none.
        grace_ms: the grace of a node that names none.
    """
    if said.state is State.LOST and life is not None and not _believes(life, said):
        return life
    return Life(
        state=said.state,
        boot_id=said.boot_id,
        said_ms=said_ms,
        heard_ms=said_ms if life is None or said.state is not State.LOST else life.heard_ms,
        promise_ms=_promise_ms(said, silence_ms),
        grace_ms=_ms(said.grace_s) or grace_ms,
        awake_until_ms=said.awake_until_ms if said.state is State.READY else 0,
    )


def hear(life: Life | None, now_ms: int, *, silence_ms: int, grace_ms: int) -> Life:
    """Take in any other message: whoever speaks is alive."""
    if life is None:
        return Life(
            state=State.READY, boot_id=b"", said_ms=now_ms, heard_ms=now_ms, promise_ms=silence_ms, grace_ms=grace_ms
        )
    if life.state in {State.LOST, State.DISCONNECTED}:
        return replace(life, state=State.READY, heard_ms=now_ms, said_ms=now_ms)
    return replace(life, heard_ms=max(life.heard_ms, now_ms))


def show(life: Life, now_ms: int) -> Shown:
    """Judge."""
    if life.state in {State.LOST, State.DISCONNECTED}:
        return Shown(life.state.value, None)
    # A sleeper that was heard since it lay down woke for a moment; its promise then runs from there.
    since_ms = max(life.said_ms, life.heard_ms)
    late_ms = since_ms + life.promise_ms + life.grace_ms
    lost_ms = since_ms + 2 * life.promise_ms + life.grace_ms
    if now_ms > lost_ms:
        return Shown(State.LOST.value, None)
    if now_ms > late_ms:
        return Shown(LATE, lost_ms + 1)
    return Shown(life.state.value, late_ms + 1)


def when_said(said: Presence, now_ms: int, *, retained: bool) -> int:
    """Return when a message was said: now, or, where the broker kept it while we were away, what the node says.

    A node's clock may be wrong; one that is ahead, or unset, tells nothing.
    """
    return said.time_ms if retained and 0 < said.time_ms < now_ms else now_ms


def _believes(life: Life, will: Presence) -> bool:
    """Whether a will counts: not that of an earlier boot, and not against a goodbye or a promise that still stands."""
    if will.boot_id and life.boot_id and will.boot_id != life.boot_id:
        return False
    return life.state not in {State.SLEEPING, State.DISCONNECTED}


def _promise_ms(said: Presence, silence_ms: int) -> int:
    interval_ms = _ms(said.interval_s or 0.0)
    nap_ms = said.next_wake_ms - said.time_ms if said.next_wake_ms is not None else 0
    return min(max(interval_ms, nap_ms, 0), MOST_MS) or silence_ms


def _ms(duration_s: float) -> int:
    """Return milliseconds, bounded."""
    return round(min(duration_s * 1000, MOST_MS))
