"""The token bucket: a flood costs its sender, and nobody else."""

from __future__ import annotations

from gateway.ingest import limit
from gateway.ingest.limit import Limit


def test_limit_flooding_node_is_cut_to_its_rate_and_others_are_not() -> None:
    """Ten a second and ten saved up: a flood of a second passes twenty, a neighbour loses nothing."""
    bucket = Limit(rate_per_s=10, burst=10)
    passed = sum(bucket.allows("flood", 20, now_ms) for now_ms in range(1000) for _ in range(5))
    assert 19 <= passed <= 20
    assert all(bucket.allows("calm", 20, now_ms) for now_ms in range(0, 1000, 100))


def test_limit_large_messages_cost_more() -> None:
    """64 KiB costs what 64 small messages cost, so that decoding is limited, not only counting."""
    bucket = Limit(rate_per_s=1, burst=100)
    assert bucket.allows("node", 65_536, 0)
    assert not bucket.allows("node", 65_536, 0)
    assert bucket.allows("node", 10, 0)


def test_limit_clock_set_back_neither_gives_nor_takes() -> None:
    """A step of the clock does not silence a node, nor refill it."""
    bucket = Limit(rate_per_s=1, burst=2)
    assert bucket.allows("node", 1, 1_000_000)
    assert bucket.allows("node", 1, 0)
    assert not bucket.allows("node", 1, 0)
    assert bucket.allows("node", 1, 1000)


def test_limit_invented_names_do_not_grow_without_bound() -> None:
    """A million names leave a bounded memory."""
    bucket = Limit(rate_per_s=1, burst=1)
    for at in range(3 * limit.MOST_NODES):
        bucket.allows(f"node-{at}", 1, at)
    assert len(bucket._buckets) <= limit.MOST_NODES


def test_limit_dear_message_is_borrowed_for_and_paid_back() -> None:
    """What costs more than a node can ever save up is still done, once; then it waits until the debt is paid."""
    bucket = Limit(rate_per_s=1, burst=10)
    assert bucket.borrows("node", 1_000_000, 0)
    assert not bucket.borrows("node", 1, 9_000)
    assert not bucket.allows("node", 1, 9_000)
    assert bucket.allows("node", 1, 12_000)
    assert bucket.borrows("calm", 1, 0)
