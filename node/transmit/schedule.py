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


def is_due(*, now_s: float, last_s: float | None, interval_s: float, urgent: bool) -> bool:
    """Say whether to transmit now.

    Args:
        now_s: monotonic.
        last_s: the last attempt, monotonic; None when there was none since boot.
        interval_s: the params' interval.
        urgent: something critical waits.

    >>> is_due(now_s=10.0, last_s=None, interval_s=300.0, urgent=False)
    True
    >>> is_due(now_s=10.0, last_s=5.0, interval_s=300.0, urgent=False)
    False
    """
    return urgent or last_s is None or now_s - last_s >= interval_s
