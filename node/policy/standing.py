"""Which policy is in force, and which is next in line (pure).

A policy is new until the gateway was heard under it. If that takes too long, the node may have been told to live so
that it cannot be reached: the last good one comes back, or the operator's own configuration where there is none. The
same happens at the end of a policy's time. The highest counter stands through all of it, so that nothing that was
once left behind can be sent again.

Time is the latest that has surely come, by `Watch`: a node without a battery for its clock boots in 1970. What a clock
told counts at the next start as far as what it has ended was signed: one that was years ahead for a while would else
have every later policy be over, for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Final

from node.hal import Clock
from node.values import TimeQuality

if TYPE_CHECKING:
    from node.wire.messages import Policy, Value  # noqa: TC004 - annotations only: importing it costs a cold wake 15 ms

VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A policy that was accepted, as it was signed: this node's limits are laid on when it is followed.

    Attributes:
        counter: which in order.
        not_after_ms: the end of its time.
        settings: by name, such as `sleep.period_s`.
    """

    counter: int
    not_after_ms: int
    settings: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a node remembers of policies.

    Attributes:
        counter: the highest ever accepted; -1 before the first.
        current: what is in force; None for the operator's configuration.
        proven: the gateway was heard under it.
        former: the last one that was proven before it.
        since_ms: when `current` came into force.
        floor_ms: a time that has surely come.
        lapse: why `current` is not the newest; empty where it is.
        digest: of the envelope that was accepted last, which need not be judged again when it is said again.
    """

    counter: int = -1
    current: Order | None = None
    proven: bool = True
    former: Order | None = None
    since_ms: int = 0
    floor_ms: int = 0
    lapse: str = ""
    digest: str = ""


def taken(standing: Standing, policy: Policy, digest: str, now_ms: int) -> Standing:
    """Return the standing after a policy was accepted; it is new, and what was good before it waits behind."""
    order = Order(counter=policy.counter, not_after_ms=policy.not_after_ms, settings=dict(policy.settings))
    return replace(
        standing,
        counter=policy.counter,
        current=order,
        proven=False,
        former=standing.current if standing.proven else standing.former,
        since_ms=now_ms,
        lapse="",
        digest=digest,
    )


def heard(standing: Standing) -> Standing:
    """Return the standing after a word of the gateway: whatever is in force does not cut the node off."""
    return standing if standing.proven else replace(standing, proven=True)


def looked(standing: Standing, now_ms: int, contact_s: float) -> Standing:
    """Return the standing as it is now: what is over, or has cut the node off, gives way.

    Args:
        standing: as it was.
        now_ms: the latest time that has surely come.
        contact_s: how long a new policy may go without a word of the gateway.
    """
    order = standing.current
    if order is None:
        return standing
    if standing.since_ms > now_ms:  # the clock was ahead then; who cuts the node off has its time from now on
        standing = replace(standing, since_ms=now_ms)
    if order.not_after_ms < now_ms:
        return _given_way(standing, now_ms, f"policy {order.counter} is over")
    if not standing.proven and now_ms - standing.since_ms > contact_s * 1000:
        return _given_way(standing, now_ms, f"no word of the gateway for {contact_s:g} s under policy {order.counter}")
    return standing


def _given_way(standing: Standing, now_ms: int, why: str) -> Standing:
    former = standing.former
    follows = former if former is not None and former.not_after_ms >= now_ms else None
    told = f"{why}; {f'policy {follows.counter}' if follows else 'the configuration'} is in force again"
    return replace(standing, current=follows, proven=True, former=None, since_ms=now_ms, lapse=told)


def end_ms(standing: Standing) -> int:
    """Return when the last of what a node may live by is over; 0 where it has none."""
    return max((each.not_after_ms for each in (standing.current, standing.former) if each), default=0)


def memory(standing: Standing) -> dict[str, object]:
    """Return what must survive a power cut, for `recalled`."""
    return {"version": VERSION, **asdict(standing)}


def recalled(kept: Mapping[str, object]) -> Standing:
    """Return what was kept.

    Raises:
        ValueError: it is none of this version's; what was accepted is then not known, and nothing may be.
    """
    if kept.get("version") != VERSION:
        raise ValueError(f"version {kept.get('version')!r}; this is {VERSION}")
    fields = {name: value for name, value in kept.items() if name != "version"}
    try:
        orders = {name: _order(fields[name]) for name in ("current", "former")}
        standing = Standing(**{**fields, **orders})  # type: ignore[arg-type]  # looked at right below
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a standing: {error!r}") from error
    if not all(type(each) is int for each in (standing.counter, standing.since_ms, standing.floor_ms)):
        raise ValueError("not a standing: its counter or its times are no numbers")
    return standing


def _order(kept: object) -> Order | None:
    if kept is None:
        return None
    if not isinstance(kept, dict) or not isinstance(kept.get("settings"), dict):
        raise TypeError("a policy is a table with settings")
    return Order(**kept)


@dataclass(slots=True)
class Watch:
    """Tells the latest time that has surely come.

    Where the clock was never set, that is the last time that was written down, and what has gone by since this start.
    It stands still while such a node is off, so a policy then lasts longer than it was meant to, never shorter.
    """

    clock: Clock
    floor_ms: int
    _start_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._start_s = self.clock.monotonic_s()

    def now_ms(self) -> int:
        """By the clock where it was set; never before the floor."""
        sure_ms = self.floor_ms + round((self.clock.monotonic_s() - self._start_s) * 1000)
        return sure_ms if self.clock.quality() is TimeQuality.UNSET else max(sure_ms, self.clock.wall_ms())

    def next_floor_ms(self, end_ms: int) -> int:
        """What may be written down: a clock that only drifts may have jumped, and a floor never comes down again.

        Args:
            end_ms: of what was signed; what a clock tells beyond is not needed to know that this is over.
        """
        sure_ms = self.floor_ms + round((self.clock.monotonic_s() - self._start_s) * 1000)
        is_synced = self.clock.quality() is TimeQuality.SYNCED
        return max(sure_ms, min(self.clock.wall_ms(), end_ms + 1)) if is_synced else sure_ms
