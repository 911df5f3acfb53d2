"""When to transmit (pure): often enough for whoever waits, seldom enough for the battery.

Connecting costs more than sending: association and a TLS handshake outweigh a day of single readings. So records
gather until the interval is over, or until one of them cannot wait.

A fleet that one power cut started would connect at one instant, and at every interval after it. So each node has a
phase, by its name: the slots in which it transmits lie so far behind its start.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from math import ceil

from node.options import option


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """`[transmit]`: the rhythm of the radio."""

    interval_s: float = option("seconds from one transmission to the next", default=300.0, least=0.0, most=86_400.0)
    awake_s: float = option(
        "hard limit for connecting and transmitting, in seconds", default=30.0, above=0.0, most=600.0
    )
    stay_connected_below_s: float = option(
        "keep the connection open through naps when the interval is below this", default=60.0, least=0.0
    )
    grace_s: float = option(
        "how late a promised wake may be before it counts as late, in seconds", default=30.0, least=0.0
    )

    health_s: float = option("seconds from one health message to the next", default=300.0, least=1.0)
    quiet_from_h: float = option(
        "hour of the day, by UTC, from which on nothing is transmitted but what is urgent",
        default=0.0,
        least=0.0,
        most=24.0,
    )
    quiet_h: float = option("hours that it stays quiet; not for a link that is kept", default=0.0, least=0.0, most=16.0)

    @property
    def stays_connected(self) -> bool:
        """Whether the link is kept through naps."""
        return self.interval_s < self.stay_connected_below_s


def every_s(*, interval_s: float, period_s: float) -> float:
    """Return the seconds from one transmission to the next, for a node that wakes once a period.

    Only a cycle can transmit, so it is the one nearest to the interval; that is also what a sleeper may promise.

    Args:
        interval_s: as configured.
        period_s: from cycle to cycle; 0 for as fast as it goes.

    >>> every_s(interval_s=300.0, period_s=60.0)
    300.0
    >>> every_s(interval_s=100.0, period_s=60.0)
    120.0
    >>> every_s(interval_s=300.0, period_s=3600.0)
    3600.0
    """
    if period_s <= 0.0:
        return interval_s
    return max(1, int(interval_s / period_s + 0.5)) * period_s


def phase(name: str) -> float:
    """Return a node's place within any rhythm, as a share of it: 0 or more, and less than 1.

    It is the same at each start and needs nobody to hand it out. CRC-32 spreads names that count up more evenly than
    chance would, and costs no import that a wake has not paid for.

    Args:
        name: the node's; that of its site would be the same for all of them.

    >>> [round(phase(name), 2) for name in ("pump-1", "pump-2", "pump-3")]
    [0.4, 0.99, 0.54]
    """
    return zlib.crc32(name.encode()) / 2**32


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """How a start begins.

    Attributes:
        slot_s: until the first slot, from now.
        greets: transmit at once as well, outside of any slot.
    """

    slot_s: float
    greets: bool


def first(*, left_s: float | None, resident: bool, every_s: float, period_s: float, phase_s: float) -> First:
    """Say when a node that starts transmits.

    One that has never spoken speaks at once: somebody may be standing beside it. One whose slot is still to come keeps
    it, whatever it was restarted for. One that has missed its slot was without power, and so was its neighbour: it
    waits for its phase, if its process is there to wait. A single wake is not, and would put it off for ever.

    Args:
        left_s: until the slot that was promised before this start; negative when it has passed; None when there was
            none.
        resident: the process stays until its slot.
        every_s: after how long that slot was promised.
        period_s: from cycle to cycle.
        phase_s: from now until the node's own place within the rhythm.

    >>> first(left_s=None, resident=True, every_s=300.0, period_s=60.0, phase_s=130.0)
    First(slot_s=130.0, greets=True)
    >>> first(left_s=-3600.0, resident=True, every_s=300.0, period_s=60.0, phase_s=130.0)
    First(slot_s=130.0, greets=False)
    """
    if left_s is not None:
        if 0.0 <= left_s <= every_s:  # more than that was promised by a clock that was wrong
            return First(slot_s=left_s, greets=False)
        if not resident and -period_s <= left_s < 0.0:
            return First(slot_s=0.0, greets=False)
    return First(slot_s=phase_s, greets=left_s is None or not resident)


def is_due(*, now_s: float, slot_s: float, slack_s: float) -> bool:
    """Say whether a slot is served by this cycle.

    Args:
        now_s: monotonic.
        slot_s: when to transmit, monotonic.
        slack_s: how early a cycle may be and still serve it. A wake that comes a little early must not put the
            transmission off by a whole period.

    >>> is_due(now_s=299.9, slot_s=300.0, slack_s=30.0)
    True
    >>> is_due(now_s=240.1, slot_s=300.0, slack_s=30.0)
    False
    """
    return now_s >= slot_s - slack_s


def next_slot_s(*, now_s: float, slot_s: float, every_s: float, slack_s: float) -> float:
    """Return the slot after a transmission, monotonic.

    Slots keep their distance from one another, however late one was served. What could not wait was sent between two
    of them and moves none: a storm that alarms a whole fleet at once must not set it in step.

    Args:
        now_s: when it began, monotonic.
        slot_s: the slot that was planned, monotonic.
        every_s: what `every_s` gave.
        slack_s: as for `is_due`.

    >>> next_slot_s(now_s=299.9, slot_s=300.0, every_s=300.0, slack_s=30.0)
    600.0
    >>> next_slot_s(now_s=120.0, slot_s=300.0, every_s=300.0, slack_s=30.0)
    300.0
    """
    if not is_due(now_s=now_s, slot_s=slot_s, slack_s=slack_s):
        return slot_s
    return slot_s + every_s if slot_s + every_s > now_s else now_s + every_s


def loud_slot_s(slot_s: float, *, every_s: float, hour: float, params: Params) -> float:
    """Return the first slot at or after one that is outside of the quiet hours.

    It keeps its place in the rhythm, so that a fleet does not speak up with one voice when the night is over.

    Args:
        slot_s: as it was planned, monotonic.
        every_s: what `every_s` gave.
        hour: of the day at that slot, by UTC, with its fraction.
        params: when it is quiet.

    >>> loud_slot_s(500.0, every_s=3600.0, hour=23.5, params=Params(quiet_from_h=22.0, quiet_h=8.0))
    25700.0
    """
    since_h = (hour - params.quiet_from_h) % 24.0
    if params.stays_connected or since_h >= params.quiet_h:
        return slot_s
    left_s = (params.quiet_h - since_h) * 3600.0
    return slot_s + (ceil(left_s / every_s) * every_s if every_s > 0.0 else left_s)
