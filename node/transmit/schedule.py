"""When to transmit (pure): often enough for whoever waits, seldom enough for the battery.

Connecting costs more than sending: association and a TLS handshake outweigh a day of single readings. So records
gather until the interval is over, or until one of them cannot wait.
"""

from __future__ import annotations

from dataclasses import dataclass

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


def is_due(*, now_s: float, last_s: float | None, every_s: float, period_s: float) -> bool:
    """Say whether to transmit in this cycle.

    A cycle that starts a millisecond early must not put the transmission off by a whole period: hence half of one.

    Args:
        now_s: monotonic.
        last_s: the last attempt, monotonic; None when there was none since boot.
        every_s: what `every_s` gave.
        period_s: from cycle to cycle, at the fastest.

    >>> is_due(now_s=10.0, last_s=None, every_s=300.0, period_s=60.0)
    True
    >>> is_due(now_s=299.9, last_s=0.0, every_s=300.0, period_s=60.0)
    True
    >>> is_due(now_s=240.1, last_s=0.0, every_s=300.0, period_s=60.0)
    False
    """
    return last_s is None or now_s - last_s >= every_s - period_s / 2.0
