"""A publisher that is never the limit: packets made beforehand, written many at a time, over a bare socket.

It reads a file that `write` made, connects, prints `ready`, waits for a line on its standard input, sends, and prints
`done` when the broker has acknowledged everything. MQTT 3.1.1, because its PUBACK is always four bytes: counting them
is counting acknowledgements.
"""

from __future__ import annotations

import argparse
import socket
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

CHUNK: Final = 50
"""Messages a write; the last chunk may be shorter."""
WINDOW: Final = 1000
"""Messages sent and not yet acknowledged."""
_PUBACK_BYTES: Final = 4


def publish(topic: str, payload: bytes, packet_id: int) -> bytes:
    """Return a PUBLISH at QoS 1 (MQTT 3.1.1 §3.3)."""
    name = topic.encode()
    body = struct.pack(">H", len(name)) + name + struct.pack(">H", packet_id) + payload
    length, head = len(body), bytearray(b"\x32")
    while length > 127:
        head.append(length & 127 | 128)
        length >>= 7
    head.append(length)
    return bytes(head) + body


def write(path: Path, messages: Iterable[tuple[str, bytes]]) -> int:
    """Write messages, (topic, payload), as chunks of packets behind their number and size.

    Returns:
        How many.
    """
    chunks = pack(messages)
    with path.open("wb") as file:
        for count, chunk in chunks:
            file.write(struct.pack(">II", count, len(chunk)) + chunk)
    return sum(count for count, _ in chunks)


def pack(messages: Iterable[tuple[str, bytes]]) -> list[tuple[int, bytes]]:
    """Return messages, (topic, payload), as chunks of packets: how many, and their bytes."""
    packets = [publish(topic, payload, at % 65535 + 1) for at, (topic, payload) in enumerate(messages)]
    chunks = [packets[at : at + CHUNK] for at in range(0, len(packets), CHUNK)]
    return [(len(chunk), b"".join(chunk)) for chunk in chunks]


def _read(path: Path) -> list[tuple[int, bytes]]:
    data, at, chunks = path.read_bytes(), 0, []
    while at < len(data):
        count, size = struct.unpack_from(">II", data, at)
        chunks.append((count, data[at + 8 : at + 8 + size]))
        at += 8 + size
    return chunks


def connect(port: int, client_id: str) -> socket.socket:
    """Connect to a broker on this machine, by MQTT 3.1.1."""
    name = client_id.encode()
    body = b"\x00\x04MQTT\x04\x02\x00\x00" + struct.pack(">H", len(name)) + name
    link = socket.create_connection(("127.0.0.1", port), timeout=60)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.sendall(bytes([0x10, len(body)]) + body)
    if link.recv(4) != b"\x20\x02\x00\x00":
        raise ConnectionError("the broker did not accept the publisher")
    return link


def send(link: socket.socket, chunks: list[tuple[int, bytes]]) -> int:
    """Send everything and wait for every acknowledgement.

    Returns:
        How many were acknowledged.
    """
    sent = acknowledged_bytes = 0
    for count, chunk in chunks:
        while sent + count - acknowledged_bytes // _PUBACK_BYTES > WINDOW:
            acknowledged_bytes += _received(link)
        link.sendall(chunk)
        sent += count
    while acknowledged_bytes < sent * _PUBACK_BYTES:
        acknowledged_bytes += _received(link)
    return acknowledged_bytes // _PUBACK_BYTES


def _received(link: socket.socket) -> int:
    size = len(link.recv(65536))
    if not size:
        raise ConnectionError("the broker hung up")
    return size


def main() -> int:
    """Run the publisher."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    chunks = _read(options.file)
    with connect(options.port, "flood") as link:
        print("ready", flush=True)
        sys.stdin.readline()
        print("done", send(link, chunks), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
