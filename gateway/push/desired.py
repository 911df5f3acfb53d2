"""Push: what nodes are told, retained and versioned, for whenever they wake.

That is the receipts again, for a node that slept through them, the time, the policy that is meant for it, the
forecast, which model to fetch, until when to stay up and what to do once. Each of these raises its version. A repeated
receipt does not, or every nap would make the node write and report a "new" state that wants nothing new of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gateway.downlink.wishes import wish_of
from gateway.outgoing import Outgoing
from gateway.push import receipts
from node.wire import codec
from node.wire.messages import Desired
from node.wire.topics import Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gateway.downlink.wishes import Wish
    from gateway.ingest.dedupe import Range
    from node.wire.messages import Forecast, ModelOffer

_MOST_A_TICK: Final = 200
"""Nodes told at once; the others follow in the next tick."""


class Push:
    """The desired state of every node.

    Args:
        site: for topics.
        desired: what was wanted before the restart, by node.
        boots: asks what was seen of a node, its newest boot first.
        every_ms: a node's receipts are repeated at most this often while it is awake.
        policy: asks which policy a node is to be sent at a time; empty for none.
    """

    def __init__(
        self,
        site: str,
        desired: Mapping[str, Desired],
        boots: Callable[[str], Iterable[tuple[bytes, tuple[Range, ...]]]],
        every_ms: int,
        policy: Callable[[str, int], bytes] = lambda _node, _now_ms: b"",
    ) -> None:
        self._site = site
        self._desired = dict(desired)
        self._boots = boots
        self._every_ms = every_ms
        self._policy = policy
        self._due: dict[str, int] = {}

    def receipted(self, node: str, now_ms: int) -> None:
        """Note that a node has new receipts; they are repeated soon."""
        self._due.setdefault(node, now_ms + self._every_ms)

    def hurry(self, node: str, now_ms: int) -> None:
        """Note that a node is about to sleep, or asks: what is to be said to it is said now."""
        self._due[node] = now_ms

    def review(self, nodes: Iterable[str], now_ms: int) -> None:
        """Note for which nodes another policy is meant than they were sent; it is said now."""
        for node in nodes:
            sent = self._desired[node].policy if node in self._desired else b""
            if self._policy(node, now_ms) != sent:
                self.hurry(node, now_ms)

    def foretell(self, node: str, forecast: Forecast, now_ms: int) -> None:
        """Tell a node what the sky will bring, now; one that was told the same is left in peace."""
        before = self._desired.get(node, Desired(version=1))
        if before.forecast != forecast:
            self._desired[node] = replace(before, version=before.version + 1, forecast=forecast)
            self.hurry(node, now_ms)

    def offer(self, node: str, model: ModelOffer | None, now_ms: int) -> None:
        """Want another model of a node, or none in particular; a new wish, so the version rises."""
        before = self._desired.get(node, Desired(version=1))
        if before.model != model:
            self._desired[node] = replace(before, model=model, version=before.version + 1)
            self._due[node] = now_ms

    def wish(self, node: str, wish: Wish, now_ms: int) -> None:
        """Want another lease of a node, or other commands; the version rises, and it is said now."""
        before = self._desired.get(node, Desired(version=1))
        if wish_of(before) != wish:
            self._desired[node] = replace(
                before,
                version=before.version + 1,
                lease_until_ms=wish.lease_until_ms,
                commands=wish.commands,
                deadlines=wish.deadlines,
            )
            self._due[node] = now_ms

    def due(self, now_ms: int) -> dict[str, Desired]:
        """Return what to say now, by node; to be stored, then published. It stays due until that was `told`."""
        ready = [node for node, due_ms in self._due.items() if due_ms <= now_ms][:_MOST_A_TICK]
        for node in ready:
            marks = receipts.watermarks(self._boots(node))
            before = self._desired.get(node, Desired(version=1))
            policy = self._policy(node, now_ms)
            version = before.version + (policy != before.policy)
            self._desired[node] = replace(before, version=version, policy=policy, watermarks=marks, time_ms=now_ms)
        return {node: self._desired[node] for node in ready}

    def told(self, nodes: Iterable[str]) -> None:
        """Note that what was due is stored: a disk that refuses it is asked again."""
        for node in nodes:
            del self._due[node]

    def all(self) -> dict[str, Desired]:
        """Return the desired state of every node, for a broker that may have lost it."""
        return dict(self._desired)

    def message(self, node: str, desired: Desired) -> Outgoing:
        """Return one as it is published."""
        return Outgoing(str(Topic(self._site, node, "desired")), codec.encode(desired), retain=True)
