"""Packets that break MQTT itself, for the broker: a gateway is only as safe as what stands before it.

Each is sent on a connection of its own, behind an honest CONNECT. The broker has to hang up.
"""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Final

import mqtt5

if TYPE_CHECKING:
    from collections.abc import Mapping

_PATIENCE_S: Final = 20.0
_DISCONNECT: Final = 0xE0


def broken(site: str, node: str) -> Mapping[str, bytes]:
    """Return packets that break MQTT 5, by what is wrong with them."""
    topic = f"torpor/1/{site}/{node}/results".encode()
    return {
        "a NUL in the topic": _publish(topic.replace(b"results", b"res\x00lts")),
        "a topic that is no UTF-8": _publish(topic + b"\xff\xfe"),
        "half a surrogate pair in the topic": _publish(topic + b"\xed\xa0\x80"),
        "a control character in the topic": _publish(topic.replace(node.encode(), b"\x1b[2J")),
        "a wildcard in the topic": _publish(topic.replace(node.encode(), b"+")),
        "no topic and no alias": _publish(b""),
        "topic alias 0": _publish(topic, b"\x23\x00\x00"),
        "topic alias 60,000": _publish(topic, b"\x23\xea\x60"),
        "a topic alias that was never set": _publish(b"", b"\x23\x00\x05"),
        "packet id 0": _publish(topic, packet_id=0),
        "QoS 3": b"\x36" + _publish(topic)[1:],
        "more than the broker's limit": _publish(topic, payload=bytes(80_000)),
        "a length of five bytes": b"\x32\xff\xff\xff\xff\x01",
        "a property that is none": _publish(topic, b"\x7f\x00"),
        "a second CONNECT": connect(f"{node}-again").write(),
    }


def _publish(topic: bytes, properties: bytes = b"", payload: bytes = b"\xa0", packet_id: int = 7) -> bytes:
    """Return a PUBLISH at QoS 1 (MQTT 5 §3.3) of bytes that no library would send."""
    body = struct.pack(">H", len(topic)) + topic + struct.pack(">HB", packet_id, len(properties)) + properties + payload
    length, head = len(body), bytearray(b"\x32")
    while length > 127:
        head.append(length & 127 | 128)
        length >>= 7
    head.append(length)
    return bytes(head) + body


def connect(client_id: str, will: mqtt5.Will | None = None) -> mqtt5.ConnectPacket:
    """Return an honest introduction."""
    return mqtt5.ConnectPacket(client_id, clean_start=True, keep_alive=60, will=will)


def reach(port: int, introduction: mqtt5.ConnectPacket) -> socket.socket:
    """Connect to the broker on 127.0.0.1.

    Raises:
        ConnectionError: it did not take us in.
    """
    link = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S)
    link.sendall(introduction.write())
    packet, _ = mqtt5.read(memoryview(link.recv(4096)))
    if not isinstance(packet, mqtt5.ConnAckPacket) or packet.reason_code != mqtt5.ConnAckReasonCode.SUCCESS:
        link.close()
        raise ConnectionError(f"the broker did not accept {introduction.client_id}")
    return link


def is_refused(port: int, name: str, packet: bytes) -> bool:
    """Send a packet; whether the broker hangs up on it."""
    with reach(port, connect(f"broken-{name}"[:23])) as link:
        try:
            link.sendall(packet)
            answer = link.recv(4096)
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return not answer or answer[0] == _DISCONNECT


def leave_a_will(port: int, topic: str, payload: bytes) -> None:
    """Connect with a will and die, so that the broker says it."""
    will = mqtt5.Will(topic, payload=payload, qos=mqtt5.QoS.AT_LEAST_ONCE, retain=True)
    with reach(port, connect("testator", will)) as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, no goodbye
