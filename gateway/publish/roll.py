"""The roll: every node's life, and what is shown of it. The judgement is in `presence`; this remembers.

Four times a second somebody asks what changed. Of 100,000 nodes most are asleep and within their promise, so only those
are judged that were heard since, and those whose word may change by itself at this time.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from gateway.publish import presence
from node.wire import codec
from node.wire.messages import Presence, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway import config
    from gateway.publish.presence import Life, Shown

_GONE: Final = (State.SLEEPING, State.DISCONNECTED)
_KEEP_MS: Final = 5000
"""How stale `heard_ms` on disk may be; only a restart would notice."""


class Roll:
    """All nodes.

    Args:
        params: what to assume of nodes that promise nothing.
        before: from before the restart: (node, said_ms, heard_ms, payload).
    """

    def __init__(self, params: config.Presence, before: Iterable[tuple[str, int, int, bytes]]) -> None:
        self._silence_ms = round(params.silence_s * 1000)
        self._grace_ms = round(params.grace_s * 1000)
        self.lives: dict[str, Life] = {}
        self._payloads: dict[str, bytes] = {}
        self._shown: dict[str, tuple[Shown, int]] = {}
        self._unkept: set[str] = set()
        self._touched: dict[str, None] = {}
        self._looks: list[tuple[int, str]] = []
        self._look_ms: dict[str, int] = {}
        self._keep_ms = 0
        for node, said_ms, heard_ms, payload in before:
            if payload:
                self._say(node, payload, said_ms)
            if heard_ms > said_ms or not payload:
                self.hear(node, heard_ms)

    def hear(self, node: str, now_ms: int) -> None:
        """Note that something else came from a node."""
        life = self.lives.get(node)
        self.lives[node] = presence.hear(life, now_ms, silence_ms=self._silence_ms, grace_ms=self._grace_ms)
        self._unkept.add(node)
        self._touched[node] = None

    def say(self, node: str, message: Presence, payload: bytes, now_ms: int, *, retained: bool) -> bool:
        """Take in a presence message.

        Returns:
            Whether the node is about to be gone by its own word.
        """
        if retained and payload == self._payloads.get(node):
            return False  # what the broker keeps, and what we knew before the connection was lost
        self._say(node, payload, presence.when_said(message, now_ms, retained=retained))
        return message.state in _GONE

    def _say(self, node: str, payload: bytes, said_ms: int) -> None:
        message = codec.decode("presence", payload)
        assert isinstance(message, Presence)  # its kind says so
        before = self.lives.get(node)
        life = presence.say(before, message, said_ms, silence_ms=self._silence_ms, grace_ms=self._grace_ms)
        if life is not before:
            self.lives[node] = life
            self._payloads[node] = payload
            self._unkept.add(node)
            self._touched[node] = None

    def changed(self, now_ms: int) -> list[tuple[str, Life, Shown]]:
        """Return the nodes of which another word is to be shown than last time."""
        while self._looks and self._looks[0][0] <= now_ms:
            look_ms, node = heappop(self._looks)
            if self._look_ms.get(node) == look_ms:
                del self._look_ms[node]
            self._touched[node] = None
        touched, self._touched = self._touched, {}
        found = []
        for node in touched:
            life = self.lives[node]
            shown = presence.show(life, now_ms)
            before = self._shown.get(node)
            if before is None or (before[0].word, before[1]) != (shown.word, life.awake_until_ms):
                found.append((node, life, shown))
            self._shown[node] = shown, life.awake_until_ms
            self._look_again(node, shown)
        return found

    def _look_again(self, node: str, shown: Shown) -> None:
        """Note when to judge a node again, unless that is sooner already: a look too many changes nothing."""
        if shown.look_ms is not None and shown.look_ms < self._look_ms.get(node, shown.look_ms + 1):
            self._look_ms[node] = shown.look_ms
            heappush(self._looks, (shown.look_ms, node))

    def all(self, now_ms: int) -> list[tuple[str, Life, Shown]]:
        """Return every node, for a broker that may have lost what it kept."""
        return [(node, life, presence.show(life, now_ms)) for node, life in self.lives.items()]

    def longest_ms(self) -> int:
        """Return the longest silence that a node promised."""
        return max((life.promise_ms for life in self.lives.values()), default=0)

    def unkept(self, now_ms: int) -> list[tuple[str, str, int, int, bytes]]:
        """Return what is to be written, now and then: (node, kind, said_ms, heard_ms, payload)."""
        if not self._unkept or now_ms < self._keep_ms:
            return []
        self._keep_ms = now_ms + _KEEP_MS
        nodes, self._unkept = self._unkept, set()
        return [
            (node, "presence", self.lives[node].said_ms, self.lives[node].heard_ms, self._payloads.get(node, b""))
            for node in nodes
        ]
