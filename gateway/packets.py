"""Packets: what a socket gives, cut into whole packets of MQTT; one that breaks MQTT is stepped over. No I/O."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import mqtt5

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)


class Packets:
    """Cuts.

    Args:
        handle: takes each packet, in order.
        skipped: is told of each that was stepped over: of a PUBLISH above QoS 0 its packet id, else 0.
    """

    def __init__(self, handle: Callable[[mqtt5.Packet], None], skipped: Callable[[int], None]) -> None:
        self._handle = handle
        self._skipped = skipped
        self._buffer = bytearray()

    def begin(self) -> None:
        """Begin anew, on another connection."""
        self._buffer.clear()

    def feed(self, data: bytes) -> None:
        """Handle every whole packet that is here."""
        buffer, read, handle = self._buffer, mqtt5.read, self._handle  # looked up once, not once a packet
        buffer += data
        at, size = 0, len(buffer)
        with memoryview(buffer) as view:
            while at < size:
                try:
                    packet, length = read(view[at:])
                except IndexError:  # not all of it is here yet
                    break
                except BaseException as error:
                    # mqtt5 0.8 panics instead of raising on a topic that is no UTF-8; a panic is no Exception.
                    if not isinstance(error, ValueError) and type(error).__name__ != "PanicException":
                        raise
                    length = self._skip(bytes(view[at:]), error)
                    if not length:
                        break
                else:
                    handle(packet)
                at += length
        del buffer[:at]

    def _skip(self, packet: bytes, error: BaseException) -> int:
        """Step over a packet that cannot be read; returns its length, or 0 while not all of it is here."""
        length, packet_id = outline(packet)
        if length > len(packet):
            return 0
        log.warning("skipped a packet of the broker that breaks MQTT: %s", error)
        self._skipped(packet_id)
        return length


def outline(packet: bytes) -> tuple[int, int]:
    """Return how long a packet is and, of a PUBLISH above QoS 0, its packet id; else 0.

    For packets that `mqtt5` refuses: MQTT 5 §2.1.4 and §3.3.

    Raises:
        ValueError: its length is none, so that nobody knows where the next one begins: the connection cannot go on.
    """
    length, at = 0, 1
    for shift in (0, 7, 14, 21):
        length |= (packet[at] & 127) << shift
        at += 1
        if not packet[at - 1] & 128:
            break
    else:
        raise ValueError("a packet of the broker whose length has no end")
    end = at + length
    is_publish, qos = packet[0] >> 4 == 3, packet[0] >> 1 & 3
    id_at = at + 2 + int.from_bytes(packet[at : at + 2], "big")
    packet_id = int.from_bytes(packet[id_at : id_at + 2], "big") if is_publish and qos and id_at + 2 <= end else 0
    return end, packet_id
