"""The link: acknowledgements only for their own connection, and nothing that breaks MQTT can wedge it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import mqtt5
import pytest

from gateway import config, link
from gateway.credentials import password
from gateway.errors import ConfigError
from gateway.link import Batch, Link
from gateway.packets import outline
from gateway.publish import output

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.closed = False
        self.reading = True

    def pause_reading(self) -> None:
        """Listen no more."""
        self.reading = False

    def resume_reading(self) -> None:
        """Listen again."""
        self.reading = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        self.written += data

    def is_closing(self) -> bool:
        """Whether it was hung up."""
        return self.closed

    def abort(self) -> None:
        """Hang up."""
        self.closed = True

    def close(self) -> None:
        """Hang up once all is written, which a broker that takes nothing never lets happen."""

    def packets(self) -> list[mqtt5.Packet]:
        """Return what was written since the last time."""
        found, at = [], 0
        with memoryview(bytes(self.written)) as view:
            while at < len(view):
                packet, length = mqtt5.read(view[at:])
                found.append(packet)
                at += length
        self.written.clear()
        return found


class Hours(asyncio.SelectorEventLoop):
    """A loop whose time passes when `pass_s` says so: timers that fall due run, in their order."""

    def __init__(self) -> None:
        self._offset_s = 0.0
        super().__init__()

    def time(self) -> float:
        """Return a clock that was put forward."""
        return super().time() + self._offset_s

    def pass_s(self, seconds: float) -> None:
        """Let time pass, in steps of a second."""
        for _ in range(int(seconds)):
            self._offset_s += 1.0
            self.run_until_complete(asyncio.sleep(0))


class World:
    """A link and its connections, one after the other, inside a running loop."""

    def __init__(self) -> None:
        will = output.status("site", "lost")
        self.link = Link(config.Mqtt(), client_id="gateway", filters=["torpor/1/site/+/results"], will=will)

    def connect(self, *, receive_max: int = 100, session_present: bool = True) -> Wire:
        """Have a broker take it in."""
        wire = Wire()
        self.link.connection_made(wire)
        self.link.data_received(mqtt5.ConnAckPacket(receive_max=receive_max, session_present=session_present).write())
        return wire


@pytest.fixture
def world() -> Iterator[World]:
    """Give a world inside a running loop: the callbacks run as they do on a socket."""
    with asyncio.Runner() as runner:

        async def make() -> World:
            return World()

        made = runner.run(make())
        loop = runner.get_loop()
        asyncio._set_running_loop(loop)
        try:
            yield made
        finally:
            asyncio._set_running_loop(None)


def message(packet_id: int, payload: bytes = b"x") -> bytes:
    """Return a PUBLISH at QoS 1."""
    topic = "torpor/1/site/n1/results"
    return mqtt5.PublishPacket(topic, payload, qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=packet_id).write()


def acknowledged(wire: Wire) -> list[int]:
    """Return the packet ids that were acknowledged."""
    return [each.packet_id for each in wire.packets() if isinstance(each, mqtt5.PubAckPacket)]


def test_link_introduces_itself_so_that_nothing_is_thrown_away(world: World) -> None:
    """The session is kept for ever, resumed, subscribed again, and has a will."""
    connect, subscribe = world.connect().packets()
    assert isinstance(connect, mqtt5.ConnectPacket)
    assert not connect.clean_start
    assert connect.session_expiry_interval == 0xFFFFFFFF
    assert connect.receive_max == 65535
    assert connect.will is not None
    assert isinstance(subscribe, mqtt5.SubscribePacket)


def test_link_packets_cut_anywhere_arrive_whole_and_in_order(world: World) -> None:
    """A socket read ends where it likes."""
    world.connect()
    stream = b"".join(message(at, bytes(at)) for at in range(1, 40))
    for at in range(0, len(stream), 7):
        world.link.data_received(stream[at : at + 7])
    assert [each.packet_id for each in world.link.batches[-1].packets] == list(range(1, 40))


def test_link_ack_goes_out_only_when_asked(world: World) -> None:
    """Receiving is not committing."""
    wire = world.connect()
    wire.packets()
    world.link.data_received(message(7))
    assert acknowledged(wire) == []
    assert world.link.ack(world.link.batches[-1]) == 1
    assert acknowledged(wire) == [7]


def test_link_ack_of_an_older_connection_is_dropped(world: World) -> None:
    """Packet ids begin again after a broker's restart: the old ack would take a message that nobody committed."""
    world.connect()
    world.link.data_received(message(7))
    old = world.link.batches[-1]
    wire = world.connect(session_present=False)
    wire.packets()
    world.link.data_received(message(7, b"new"))
    assert world.link.ack(old) == 0
    assert acknowledged(wire) == []
    assert world.link.counters["stale_acks"] == 1
    # The control: without the epoch the same ack goes through, and hits the new message.
    assert world.link.ack(Batch(world.link.epoch, old.packets)) == 1
    assert acknowledged(wire) == [7]


def test_link_with_more_than_it_may_hold_reads_on_when_it_is_committed(world: World) -> None:
    """Two thousand large messages stay at the broker, not in memory; nobody hangs up for the silence meanwhile."""
    wire = world.connect()
    sent = 0
    while wire.reading:
        sent += 1
        world.link.data_received(message(sent, bytes(60_000)))
    assert link.MOST_HELD_BYTES < 60_000 * sent < link.MOST_HELD_BYTES + 120_000
    world.link._heard_s -= 10_000
    world.link._watch(wire)
    assert not wire.closed
    (batch,) = world.link.batches
    half, rest = Batch(batch.epoch, batch.packets[: sent // 3]), Batch(batch.epoch, batch.packets[sent // 3 :])
    world.link.ack(half)
    assert not wire.reading
    world.link.ack(rest)
    assert wire.reading


def test_link_publishes_no_more_than_the_brokers_window(world: World) -> None:
    """Three may be in flight; an acknowledgement makes room for the next."""
    wire = world.connect(receive_max=4)
    world.link.data_received(mqtt5.SubAckPacket(1, [mqtt5.SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE]).write())
    wire.packets()
    world.link.publish([output.status("site", "ready", {}) for _ in range(10)])
    sent = [each for each in wire.packets() if isinstance(each, mqtt5.PublishPacket)]
    assert len(sent) == 4
    assert sent[0].packet_id is not None
    world.link.data_received(mqtt5.PubAckPacket(sent[0].packet_id).write())
    assert len(wire.packets()) == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("spot", [4, -2])
def test_link_unreadable_publish_is_skipped_and_acknowledged(world: World, spot: int) -> None:
    """A packet that the parser refuses must not come back for ever, nor take the next one with it.

    Here a topic that is no UTF-8, on which mqtt5 panics, and properties that run past the end.
    """
    wire = world.connect()
    wire.packets()
    bad = bytearray(message(9))
    bad[spot] = 0xFF
    world.link.data_received(bytes(bad[:10]))
    world.link.data_received(bytes(bad[10:]) + message(10))
    assert acknowledged(wire) == [9]
    assert [each.packet_id for each in world.link.batches[-1].packets] == [10]


def test_link_that_lost_its_broker_often_pings_no_more_for_it() -> None:
    """Only the connection of now is watched: two pings a keep-alive, however many connections there were before."""
    with asyncio.Runner(loop_factory=Hours) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, Hours)

        async def lose_often() -> Wire:
            world = World()
            for _ in range(20):
                wire = world.connect()
            wire.packets()
            return wire

        wire = runner.run(lose_often())
        loop.pass_s(40)
        pings = [each for each in wire.packets() if isinstance(each, mqtt5.PingReqPacket)]
        assert 2 <= len(pings) <= 3


def test_outline_finds_length_and_packet_id() -> None:
    """Also behind a remaining length of two bytes."""
    packet = message(513, bytes(300))
    assert outline(packet + b"more") == (len(packet), 513)
    assert outline(mqtt5.PingReqPacket().write()) == (2, 0)
    with pytest.raises(ValueError, match="no end"):
        outline(b"\x30" + b"\xff" * 8)


def test_link_publishing_without_a_broker_keeps_nothing(world: World) -> None:
    """Receipts come again with the resend; memory does not grow meanwhile."""
    world.link.publish([output.status("site", "ready", {})])
    assert world.link.waiting == 0
    assert world.link.counters["unsent"] == 1


def test_link_that_a_broker_refuses_counts_it_and_says_so_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """An access list that keeps the gateway's words from subscribers is no silence: each is counted."""
    wire = world.connect()
    wire.packets()
    world.link.publish([output.status("site", "ready", {}) for _ in range(3)])
    for each in wire.packets():
        assert isinstance(each, mqtt5.PublishPacket)
        assert each.packet_id is not None
        refusal = mqtt5.PubAckPacket(each.packet_id, reason_code=mqtt5.PubAckReasonCode.NOT_AUTHORIZED)
        world.link.data_received(refusal.write())
    assert world.link.counters["refused"] == 3
    assert [each.levelname for each in caplog.records] == ["ERROR"]


def test_link_leaves_a_broker_that_takes_nothing_any_more() -> None:
    """A gateway that is told to end does so, in order: who hangs up last is not the broker's to say."""

    async def leave() -> Wire:
        world = World()
        wire = world.connect()
        await world.link.leave(output.status("site", "disconnected"), patience_s=0.01)
        return wire

    assert asyncio.run(leave()).closed


@pytest.mark.parametrize(("secret", "told"), [(None, "No such file"), (b"", "no first line"), (b"\xff\n", "utf-8")])
def test_link_without_a_password_says_why_and_tries_again(tmp_path: Path, secret: bytes | None, told: str) -> None:
    """A file that is away or empty for a moment ends nothing: it is read anew for each attempt."""
    path = tmp_path / "secret"
    if secret is not None:
        path.write_bytes(secret)
    with pytest.raises(ConfigError, match=f"mqtt.password_file: .*{told}"):
        password(config.Mqtt(username="someone", password_file=path))
    path.write_bytes(b"horse\r\nmore\n")
    assert password(config.Mqtt(username="someone", password_file=path)) == b"horse"


def test_link_whose_password_comes_later_connects_then(tmp_path: Path) -> None:
    """The attempt that failed for want of it is followed by others: here the file appears, and a server is dialled."""
    path = tmp_path / "secret"

    async def dialled() -> bytes:
        heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            data = await reader.read(4096)
            writer.close()
            if not heard.done():
                heard.set_result(data)

        server = await asyncio.start_server(hear, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        params = config.Mqtt(port=port, username="someone", password_file=path)
        staying = asyncio.create_task(Link(params, "gateway", [], output.status("site", "lost")).stay())
        async with asyncio.timeout(60.0):
            while not caught.records:  # noqa: ASYNC110 - a line of the log is no event
                await asyncio.sleep(0.01)
            path.write_text("horse\n")
            data = await heard
        staying.cancel()
        server.close()
        return data

    caught = Caught()
    logging.getLogger("gateway.link").addHandler(caught)
    try:
        assert b"horse" in asyncio.run(dialled())
    finally:
        logging.getLogger("gateway.link").removeHandler(caught)
    assert "mqtt.password_file" in caught.records[0].getMessage()


class Caught(logging.Handler):
    """Keeps what is logged, for a loop to look at."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.records.append(record)
