"""The tally: what went over the air, by the kernel's own count of each connection.

Payloads are the lesser part of a short session: handshakes, acknowledgements and what was sent again outweigh them, and
the radio pays for all of it. Linux counts them for every TCP socket, so nothing here needs to guess at TLS.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from typing import Final, NamedTuple

from node.values import Traffic

TCP_INFO_BYTES: Final = 256
"""Longer than any kernel's `struct tcp_info`; what the kernel does not have is cut off."""
ACKED: Final = struct.Struct("=QQII")
"""tcpi_bytes_acked, tcpi_bytes_received, tcpi_segs_out, tcpi_segs_in (Linux 4.2)."""
ACKED_AT: Final = 120
SENT: Final = struct.Struct("=Q")
"""tcpi_bytes_sent, resends included (Linux 4.19)."""
SENT_AT: Final = 200


class Count(NamedTuple):
    """What one connection carried: segments and bytes sent, and bytes received, above TCP."""

    packets: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0


NOTHING: Final = Count()


def count(info: bytes) -> Count:
    """Read what `getsockopt(IPPROTO_TCP, TCP_INFO)` returned.

    Source: linux/include/uapi/linux/tcp.h, struct tcp_info; fields are only ever added at its end.

    Args:
        info: the struct, as long as this kernel's is. Before Linux 4.19 resent bytes are not in the count, before 4.2
            there is none.
    """
    if len(info) < ACKED_AT + ACKED.size:
        return NOTHING
    sent_bytes, received_bytes, packets, _ = ACKED.unpack_from(info, ACKED_AT)
    if len(info) >= SENT_AT + SENT.size:
        (sent_bytes,) = SENT.unpack_from(info, SENT_AT)
    return Count(packets, sent_bytes, received_bytes)


class Tally:
    """Adds up one connection after another.

    Attributes:
        waited_s: seconds spent awake with nothing to do but wait for the network.
    """

    def __init__(self) -> None:
        """Start at zero."""
        self.waited_s = 0.0
        self._ended = self._open = NOTHING

    def look(self, sock: socket.socket) -> None:
        """Note how far the open connection has come; a socket that is closed has said its last before."""
        with contextlib.suppress(OSError):
            self._open = count(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_BYTES))

    def end(self, sock: socket.socket) -> None:
        """Take the connection's last word, before its socket is closed; the next one counts from zero.

        A goodbye of some bytes may still wait in the kernel's queue, and is then not in the count.
        """
        self.look(sock)
        self._ended = Count(*(ended + last for ended, last in zip(self._ended, self._open, strict=True)))
        self._open = NOTHING

    def traffic(self, connections: int) -> Traffic:
        """Return the sum, with how many connections the broker accepted."""
        packets, sent_bytes, received_bytes = (a + b for a, b in zip(self._ended, self._open, strict=True))
        return Traffic(
            connections=connections,
            packets=packets,
            sent_bytes=sent_bytes,
            received_bytes=received_bytes,
            waited_s=self.waited_s,
        )
