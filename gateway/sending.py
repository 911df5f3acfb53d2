"""Sending: messages on their way to the broker, within the window that it grants. No I/O."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import mqtt5

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.outgoing import Outgoing

MOST_WAITING: Final = 50_000
"""Outgoing messages that may wait for the broker's window; receipts beyond come again with the resend."""


class Sending:
    """What waits to be sent, and what waits to be acknowledged, on one connection after another.

    Attributes:
        unsent: messages given up.
    """

    def __init__(self) -> None:
        self.unsent = 0
        self._waiting: deque[Outgoing] = deque()
        self._in_flight: set[int] = set()
        self._window = 0
        self._most_bytes: int | None = None
        self._next_id = 0

    def __len__(self) -> int:
        return len(self._waiting) + len(self._in_flight)

    @property
    def is_open(self) -> bool:
        """Whether there is a broker that takes anything."""
        return self._window > 0

    def begin(self, window: int, most_bytes: int | None) -> None:
        """Begin on a connection.

        Args:
            window: messages that may be unacknowledged at a time.
            most_bytes: the largest packet that the broker takes; None for any.
        """
        self._window, self._most_bytes = window, most_bytes

    def end(self) -> None:
        """Forget the connection: what was on its way comes again from those who miss it."""
        self._window = 0
        self._in_flight.clear()
        self._waiting.clear()

    def put(self, messages: Sequence[Outgoing]) -> None:
        """Take messages in, as far as there is room; without a connection none is kept."""
        room = max(0, MOST_WAITING - len(self._waiting)) if self.is_open else 0
        self.unsent += max(0, len(messages) - room)
        self._waiting.extend(messages[:room])

    def ready(self) -> bytes:
        """Return what may be written now."""
        packets = []
        while self._waiting and len(self._in_flight) < self._window:
            packets.append(self._packet(self._waiting.popleft(), self.take_id()))
        return b"".join(packets)

    def _packet(self, message: Outgoing, packet_id: int) -> bytes:
        packet = mqtt5.PublishPacket(
            message.topic,
            message.payload,
            qos=mqtt5.QoS.AT_LEAST_ONCE,
            retain=message.retain,
            packet_id=packet_id,
        ).write()
        if self._most_bytes is not None and len(packet) > self._most_bytes:
            self.unsent += 1
            self.done(packet_id)
            return b""
        return packet

    def take_id(self) -> int:
        """Return a packet id that is not in use, and is from now on."""
        while True:
            self._next_id = self._next_id % 65535 + 1
            if self._next_id not in self._in_flight:
                self._in_flight.add(self._next_id)
                return self._next_id

    def done(self, packet_id: int) -> None:
        """Take note that the broker has answered."""
        self._in_flight.discard(packet_id)
