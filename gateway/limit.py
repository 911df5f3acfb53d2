"""A token bucket a node, so that one that floods cannot take the others' time.

What is over the limit is dropped and acknowledged to the broker, but never receipted: the node still has it, and
sends it again later. Keeping it unacknowledged instead would fill the receive window, and stop everybody.
"""

from __future__ import annotations

from typing import Final

BYTES_PER_TOKEN: Final = 1024
MOST_NODES: Final = 20_000
"""Buckets kept; a full bucket is as good as none, so the longest silent are forgotten first."""


class Limit:
    """Who may still be heard. Pure: the time is an argument.

    Args:
        rate_per_s: tokens a second and node; a message costs one, and one more for each KiB.
        burst: tokens a silent node saves up.
    """

    def __init__(self, rate_per_s: float, burst: float) -> None:
        self._rate_per_ms = rate_per_s / 1000
        self._burst = burst
        self._buckets: dict[str, tuple[float, int]] = {}

    def allows(self, node: str, size_bytes: int, now_ms: int) -> bool:
        """Take the message's tokens, if the node has them."""
        bucket = self._buckets.get(node)
        if bucket is None:
            tokens = self._burst
            self._forget()
        else:
            # A clock that was set back gives nothing and takes nothing.
            tokens = min(self._burst, bucket[0] + max(0, now_ms - bucket[1]) * self._rate_per_ms)
        cost = 1 + size_bytes // BYTES_PER_TOKEN
        allowed = tokens >= cost
        self._buckets[node] = (tokens - cost if allowed else tokens, now_ms)
        return allowed

    def _forget(self) -> None:
        if len(self._buckets) >= MOST_NODES:
            oldest = sorted(self._buckets, key=lambda node: self._buckets[node][1])[: MOST_NODES // 4]
            for node in oldest:
                del self._buckets[node]
