"""How much of a lease a node grants, and when it is over (pure).

A lease is known by the time of its end. The wall clock alone decides nothing: it may stand in 1970, and it may jump.
So what is granted is the least of four spans: what is left of the lease by the clock, where that was ever set; what
was left of it when the gateway said so, by the gateway's own clock; the longest that this node grants; and what is
left of its allowance, which fills up again within a day. From there on the monotonic clock counts.

A start in the middle of a lease goes on with it, and pays for it anew: else a node that is reset every minute would
be kept awake by one lease for ever. The allowance fills by the monotonic clock, and over a restart by the wall clock
where that is set, by a day at most; so a clock that leaps at every start buys an allowance a start, and no more.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.lease.options import Params

DAY_S: Final = 86_400.0
LEAST_S: Final = 1.0
"""Less is not worth a connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the gateway wishes.

    Attributes:
        until_ms: the end of the lease, by the wall clock; 0 for none.
        told_ms: when the gateway said so, by its own clock; 0 where it did not say.
    """

    until_ms: int
    told_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """A moment.

    Attributes:
        wall_ms: by the wall clock; None where that was never set.
        monotonic_s: by the other.
        charge: of the battery, 0 to 1, for sure; None where nobody knows.
    """

    wall_ms: int | None
    monotonic_s: float
    charge: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is remembered of leases, also over a restart.

    Attributes:
        until_ms: which lease was taken last.
        over: it has ended; it is not taken again.
        left_s: of the allowance.
        at_ms: when that was so, by the wall clock; None where it was not set.
        reason: why the last lease was refused, or is shorter than it was meant to be; empty where it is not.
    """

    until_ms: int = 0
    over: bool = True
    left_s: float
    at_ms: int | None = None
    reason: str = ""


def first(params: Params) -> State:
    """Return what is known before the first lease."""
    return State(left_s=params.daily_s)


def refilled(state: State, params: Params, elapsed_s: float) -> State:
    """Return the state after a time in which the allowance filled.

    >>> from node.lease.options import Params
    >>> refilled(State(left_s=0.0), Params(daily_s=3600.0), 43_200.0).left_s
    1800.0
    """
    filled_s = state.left_s + max(elapsed_s, 0.0) * params.daily_s / DAY_S
    return replace(state, left_s=min(filled_s, params.daily_s))


def slept_s(state: State, wall_ms: int | None) -> float:
    """Return how long nobody was here to count, at most a day; none where the wall clock does not tell."""
    if wall_ms is None or state.at_ms is None:
        return 0.0
    return min(max((wall_ms - state.at_ms) / 1000.0, 0.0), DAY_S)


def taken(state: State, asked: Asked, now: Now, params: Params) -> tuple[State, float]:
    """Take a lease that is asked for, as far as it is granted.

    Args:
        state: with the allowance as it is now.
        asked: the wish; one that was over before is none.
        now: the moment.
        params: the hard limits.

    Returns:
        The state after it, what is granted taken from the allowance; and the seconds that are granted, 0 for none.
    """
    left_s = _left_s(asked, now)
    if asked.until_ms == 0 or left_s <= 0.0 or (state.over and state.until_ms == asked.until_ms):
        return state, 0.0
    ended = replace(state, until_ms=asked.until_ms, over=True)
    low = reserve(now, params)
    granted_s = min(left_s, params.most_s, state.left_s)
    if low or granted_s < LEAST_S:
        return replace(ended, reason=f"refused: {low or _spent(params)}"), 0.0
    reason = "" if granted_s == left_s else f"cut to {granted_s:.0f} s: {_narrowest(state, params)}"
    return replace(ended, over=False, left_s=state.left_s - granted_s, reason=reason), granted_s


def over(state: State, now: Now, end_s: float, params: Params) -> State:
    """Return the state at a look on a lease that runs: the same, or ended, with what was not used given back.

    Args:
        state: of a lease that is not over.
        now: the moment.
        end_s: its end by the monotonic clock.
        params: the hard limits.
    """
    low = reserve(now, params)
    past = now.wall_ms is not None and now.wall_ms >= state.until_ms
    if now.monotonic_s < end_s and not past and not low:
        return state
    return ended(state, end_s - now.monotonic_s, params, f"cut: {low}" if low else state.reason)


def ended(state: State, unused_s: float, params: Params, reason: str = "") -> State:
    """Return the state after a lease was ended, before its time or at it."""
    left_s = min(state.left_s + max(unused_s, 0.0), params.daily_s)
    return replace(state, over=True, left_s=left_s, reason=reason)


def reserve(now: Now, params: Params) -> str:
    """Say why the battery does not bear it; empty where it does, or nobody lives by one."""
    if now.charge is None or now.charge >= params.least_charge:
        return ""
    return f"the battery holds {now.charge:.0%} for sure, and lease.least_charge is {params.least_charge:.0%}"


def _left_s(asked: Asked, now: Now) -> float:
    """Return what is left of a lease; without any clock that knows, as if it were endless."""
    spans_ms = [asked.until_ms - each for each in (now.wall_ms, asked.told_ms or None) if each is not None]
    return min(spans_ms) / 1000.0 if spans_ms else float("inf")


def _spent(params: Params) -> str:
    if params.most_s < LEAST_S:
        return "lease.most_s is 0: this node takes none"
    return f"the {params.daily_s:.0f} s a day of lease.daily_s are used up"


def _narrowest(state: State, params: Params) -> str:
    return "lease.most_s" if params.most_s <= state.left_s else "what is left of lease.daily_s"


def memory(state: State) -> dict[str, object]:
    """Return what must survive a power cut, for `recalled`."""
    return asdict(state)


def recalled(kept: Mapping[str, object], params: Params) -> State:
    """Return what was kept.

    Raises:
        ValueError: it is none of this version's.
    """
    try:
        state = State(**kept)  # type: ignore[arg-type]  # looked at right below
        at_ms = None if state.at_ms is None else int(state.at_ms)
        left_s = min(max(float(state.left_s), 0.0), params.daily_s)
        return State(
            until_ms=int(state.until_ms), over=bool(state.over), left_s=left_s, at_ms=at_ms, reason=str(state.reason)
        )
    except TypeError as error:
        raise ValueError(f"not the state of a lease: {error}") from error
