"""What went over the air, counted on real sockets."""

from __future__ import annotations

import socket

from node.transmit.tally import NOTHING, TCP_INFO_BYTES, Count, Tally, count
from node.values import Traffic


def pair() -> tuple[socket.socket, socket.socket]:
    """Return two ends of a TCP connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        return ours, server.accept()[0]


def exchange(ours: socket.socket, theirs: socket.socket, up: int, down: int) -> None:
    """Send so many bytes up, and so many down, and see both arrive."""
    ours.sendall(bytes(up))
    left = up
    while left:
        left -= len(theirs.recv(left))
    theirs.sendall(bytes(down))
    left = down
    while left:
        left -= len(ours.recv(left))


def test_tally_of_connections_adds_them_up() -> None:
    """Two that are over, one that is open: every byte once, however often it was looked at."""
    tally = Tally()
    for _ in range(3):
        ours, theirs = pair()
        with ours, theirs:
            exchange(ours, theirs, 5000, 300)
            tally.look(ours)
            tally.look(ours)
            told = tally.traffic(3)
            tally.end(ours)
    assert told == tally.traffic(3)
    assert (told.sent_bytes, told.received_bytes, told.connections) == (15_000, 900, 3)
    assert 3 * 2 <= told.packets <= 3 * 20


def test_tally_of_a_closed_socket_keeps_its_last_word() -> None:
    """A connection that broke is looked at too late: what was seen before stands, and is not counted twice."""
    tally = Tally()
    ours, theirs = pair()
    with theirs:
        exchange(ours, theirs, 100, 0)
        tally.look(ours)
        ours.close()
        tally.end(ours)
        tally.end(ours)
    assert tally.traffic(1).sent_bytes == 100


def test_count_of_an_older_kernel_takes_what_there_is() -> None:
    """Without the newest fields what was acknowledged stands for what was sent; without any there is no count."""
    ours, theirs = pair()
    with ours, theirs:
        exchange(ours, theirs, 700, 30)
        info = ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_BYTES)
    assert count(info)[1:] == (700, 30)
    older = count(info[:160])
    assert older.received_bytes == 30
    assert older.sent_bytes in {700, 701}  # Linux counts the SYN among the acknowledged
    assert count(info[:104]) == NOTHING == Count(0, 0, 0)


def test_traffic_since_an_earlier_sum_is_the_difference() -> None:
    """Sums only grow; what is new is what was not told yet."""
    before = Traffic(connections=1, packets=10, sent_bytes=100, received_bytes=10, waited_s=1.0)
    after = Traffic(connections=2, packets=15, sent_bytes=160, received_bytes=30, waited_s=1.5)
    assert after.since(before) == Traffic(connections=1, packets=5, sent_bytes=60, received_bytes=20, waited_s=0.5)
