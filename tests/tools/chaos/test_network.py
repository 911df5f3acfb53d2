"""The network: each way in which a connection can fail is what the peers of it really see."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.chaos.network import Network, Passage, Way

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S: Final = 30.0
LINE: Final = "line"


@contextmanager
def echoing() -> Iterator[int]:
    """Serve on a port what answers with what it hears."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server,), daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)


def _accept(server: socket.socket) -> None:
    with suppress(OSError):
        while True:
            client, _ = server.accept()
            threading.Thread(target=_echo, args=(client,), daemon=True).start()


def _echo(client: socket.socket) -> None:
    with client, suppress(OSError):
        while data := client.recv(65536):
            client.sendall(data)


@pytest.fixture(name="world")
def _world() -> Iterator[tuple[Network, int]]:
    with echoing() as server_port, Network() as network:
        yield network, network.open(LINE, server_port)


def dialled(port: int) -> closing[socket.socket]:
    """Connect."""
    return closing(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S))


def heard(client: socket.socket, count: int) -> bytes:
    """Read until so many bytes are here, or the connection is over."""
    data = b""
    with suppress(ConnectionError):
        while len(data) < count and (more := client.recv(count - len(data))):
            data += more
    return data


def taken(network: Network, count: int) -> None:
    """Wait until the line has taken so many connections: the kernel answers a client before the proxy looks."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.01)):
        if network.taken(LINE) >= count:
            return
        pause.wait(0.01)
    pytest.fail("the line took no connection")


def is_mute(client: socket.socket) -> bool:
    """Whether nothing comes, neither data nor an end; 0.1 s shows a lapse, and proves nothing but that."""
    client.settimeout(0.1)
    try:
        client.recv(1)
    except TimeoutError:
        return True
    finally:
        client.settimeout(PATIENCE_S)
    return False


def test_line_open_passes_everything_both_ways(world: tuple[Network, int]) -> None:
    """Four megabytes, more than all buffers hold, come back as they went."""
    _, port = world
    data = bytes(range(256)) * 16384
    with dialled(port) as client:
        sender = threading.Thread(target=client.sendall, args=(data,))
        sender.start()
        assert heard(client, len(data)) == data
        sender.join()


def test_line_cut_ends_its_connections_and_takes_new_ones(world: tuple[Network, int]) -> None:
    """Both ends are told; who dials again is connected."""
    network, port = world
    with dialled(port) as client:
        client.sendall(b"a")
        assert heard(client, 1) == b"a"
        network.cut(LINE)
        assert heard(client, 1) == b""
    with dialled(port) as client:
        client.sendall(b"b")
        assert heard(client, 1) == b"b"


def test_line_torn_lets_a_piece_pass_and_ends(world: tuple[Network, int]) -> None:
    """A message dies in its middle: both directions together get no more than the bytes that were allowed."""
    network, port = world
    with dialled(port) as client:
        client.sendall(b"a")
        assert heard(client, 1) == b"a"
        network.tear(LINE, 5)
        client.sendall(b"b" * 1000)
        assert len(heard(client, 1000)) <= 5


def test_line_with_a_ration_ends_the_next_connection_alone(world: tuple[Network, int]) -> None:
    """From its first byte on so much passes; the one after it is whole again."""
    network, port = world
    network.ration(LINE, 5)
    with dialled(port) as client:
        client.sendall(b"b" * 1000)
        assert len(heard(client, 1000)) <= 5
    with dialled(port) as client:
        client.sendall(b"b" * 1000)
        assert heard(client, 1000) == b"b" * 1000


def test_line_stalled_gives_all_of_it_later(world: tuple[Network, int]) -> None:
    """Held back, not lost."""
    network, port = world
    with dialled(port) as client:
        network.stall(LINE)
        client.sendall(b"late")
        assert is_mute(client)
        network.heal(LINE)
        assert heard(client, 4) == b"late"


def test_line_silent_never_answers_and_never_ends(world: tuple[Network, int]) -> None:
    """What was connected stays dumb, also after healing; what was dialled meanwhile too; new connections work."""
    network, port = world
    with dialled(port) as old:
        old.sendall(b"a")
        assert heard(old, 1) == b"a"
        network.silence(LINE)
        with dialled(port) as meanwhile:
            old.sendall(b"b")
            taken(network, 2)
            meanwhile.sendall(b"c")
            network.heal(LINE)
            with dialled(port) as new:
                new.sendall(b"d")
                assert heard(new, 1) == b"d"
            assert is_mute(old)
            assert is_mute(meanwhile)


def test_line_to_a_dead_server_refuses() -> None:
    """Where nobody listens the client is told, as the server's machine would tell it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with Network() as network, dialled(network.open(LINE, taken.getsockname()[1])) as client:
            assert heard(client, 1) == b""


@given(st.lists(st.binary(max_size=20)), st.integers(0, 100))
@settings(deadline=None, max_examples=50)
def test_passage_torn_lets_exactly_so_many_bytes_through(pieces: list[bytes], size_bytes: int) -> None:
    """However the bytes are cut into reads, the first `size_bytes` pass and no more."""
    passage = Passage()
    passage.tear_after(size_bytes)
    data = b"".join(pieces)
    assert b"".join(map(passage.take, pieces)) == data[:size_bytes]
    assert passage.torn is (len(data) >= size_bytes)


@given(st.lists(st.sampled_from(Way)))
@settings(deadline=None, max_examples=50)
def test_passage_silent_once_stays_silent(ways: list[Way]) -> None:
    """No later change gives a connection back that nobody was told about."""
    passage = Passage()
    for way in ways:
        passage.set(way)
    assert (passage.take(b"a") == b"") is (Way.SILENT in ways)
