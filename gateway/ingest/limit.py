"""A token bucket a node, so that one that floods cannot take the others' time.

What is over the limit is dropped and acknowledged to the broker, but never receipted: the node still has it, and
sends it again later. Keeping it unacknowledged instead would fill the receive window, and stop everybody.
"""

from __future__ import annotations

from typing import Final

BYTES_PER_TOKEN: Final = 1024
BOOT_TOKENS: Final = 50
"""For a boot that was not heard lately: rows of its own in the database, and its place in memory."""
WINDOW_TOKENS: Final = 5
"""For each window of time that a batch touches beyond its first: a summary to keep, to write and to publish."""
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
        saved = self._saved(node, now_ms)
        cost = 1 + size_bytes // BYTES_PER_TOKEN
        allowed = saved >= cost
        self._buckets[node] = (saved - cost if allowed else saved, now_ms)
        return allowed

    def borrows(self, node: str, tokens: float, now_ms: int) -> bool:
        """Take more tokens than the node may have, unless it is in debt: whatever it costs, it can be done some day."""
        saved = self._saved(node, now_ms)
        allowed = saved >= 0
        self._buckets[node] = (max(saved - tokens, -self._burst) if allowed else saved, now_ms)
        return allowed

    def _saved(self, node: str, now_ms: int) -> float:
        bucket = self._buckets.get(node)
        if bucket is None:
            self._forget()
            return self._burst
        # A clock that was set back gives nothing and takes nothing.
        return min(self._burst, bucket[0] + max(0, now_ms - bucket[1]) * self._rate_per_ms)

    def _forget(self) -> None:
        if len(self._buckets) >= MOST_NODES:
            oldest = sorted(self._buckets, key=lambda node: self._buckets[node][1])[: MOST_NODES // 4]
            for node in oldest:
                del self._buckets[node]
