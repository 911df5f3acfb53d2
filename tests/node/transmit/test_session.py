"""The session against a real broker: what it promises, and what the lesser way would have lost."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest

from node.errors import ConfigError, LinkError
from node.wire import codec
from node.wire.messages import Desired, Presence, State
from tests.broker import MOSQUITTO, Broker
from tests.node.transmit.sessions import World, gateway_beside
from tests.node.transmit.worlds import BOOT, TinyGateway, receipt_for

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")


# Delivery.


def test_deliver_with_a_gateway_empties_the_outbox_once(world: World) -> None:
    """Every record arrives, none twice, and only then the outbox is empty; no thread is started for it."""
    world.fill(1000)
    gateway = TinyGateway(world.broker.port)
    with gateway_beside(gateway):
        threads = threading.active_count()
        delivery = world.session.deliver(20.0)
        assert threading.active_count() == threads
    assert delivery.reason == ""
    assert (delivery.sent, delivery.receipted) == (100, 1000)
    assert delivery.bytes_published > 10_000
    assert set(gateway.rows) == {(BOOT, seq) for seq in range(1000)}
    assert set(gateway.rows.values()) == {1}
    assert world.outbox.waiting == 0


def test_traffic_of_a_session_is_more_than_its_payloads(world: World) -> None:
    """By the kernel's count: payloads, their headers, handshake and goodbye; of both connections, and not twice."""
    world.fill(100)
    gateway = TinyGateway(world.broker.port)
    seen = [world.session.traffic]
    for _ in range(2):
        with gateway_beside(gateway):
            published = world.session.deliver(20.0).bytes_published
        seen.append(world.session.traffic)
        world.session.close(None)
        seen.append(world.session.traffic)
    start, first, closed, second, _ = seen
    assert (start.connections, first.connections, second.connections) == (0, 1, 2)
    assert published == 0
    assert first.sent_bytes > world.session.counters["bytes_published"] > 0
    assert first.received_bytes > 0
    assert closed.sent_bytes >= first.sent_bytes
    assert 0 < second.sent_bytes - closed.sent_bytes < first.sent_bytes
    assert first.packets >= world.session.counters["frames_sent"] / 10
    assert first.waited_s > 0.0


def test_deliver_without_a_gateway_forgets_nothing(world: World) -> None:
    """A PUBACK is not a delivery: with the broker's yes to everything and no receipt, all records stay."""
    world.fill(30)
    delivery = world.session.deliver(20.0)
    assert "no receipt" in delivery.reason
    assert delivery.sent == 3
    assert delivery.receipted == 0
    assert world.outbox.waiting == 30
    assert world.session.counters["unheard"] == 3


def test_deliver_again_on_one_connection_resends_only_when_due(world: World) -> None:
    """A gateway that is away does not come back to a queue full of copies."""
    world.fill(30)
    world.session.deliver(20.0)
    assert world.session.deliver(20.0).sent == 0


def drain_by_puback(world: World) -> int:
    """Send all, and take the broker's PUBACK for a delivery, as the lesser way does; returns what was forgotten."""
    frames = world.outbox.frames()
    acked: list[int] = []
    session = world.session
    real = session.on_ack

    class Ears:
        """Hears PUBACKs as the session does, and remembers them."""

        on_message = session.on_message
        on_hang_up = session.on_hang_up

        @staticmethod
        def on_ack(mid: int, code: int, reason: str) -> None:
            acked.append(mid)
            real(mid, code, reason)

    session.connect(5.0)
    link = session._linked()
    link._listener = Ears()
    mids = {link.publish(frame.kind, frame.payload): frame for frame in frames}
    while len(acked) < len(mids):
        session._turn(1.0)
    return sum(world.outbox.settle(receipt_for(mids[mid])) for mid in acked)


@pytest.mark.parametrize("forget_on_puback", [False, True])
def test_broker_killed_with_the_gateway_away_loses_nothing_unless_pubacks_are_believed(
    tmp_path: Path, forget_on_puback: bool
) -> None:
    """Gateway down, then the broker dies: receipts lose nothing; the control, which believes PUBACKs, loses all."""
    with Broker(tmp_path) as broker:
        world = World(tmp_path, broker)
        gateway = TinyGateway(broker.port)
        gateway.close()
        world.fill(200)
        forgotten = drain_by_puback(world) if forget_on_puback else world.session.deliver(10.0).receipted
        broker.kill()
        broker.start()
        gateway = TinyGateway(broker.port)
        with gateway_beside(gateway):
            world.session.deliver(0.5)  # finds out that the link is gone
            delivery = world.session.deliver(20.0)
        world.session.close(None)
    lost = {(BOOT, seq) for seq in range(200)} - set(gateway.rows)
    if forget_on_puback:
        assert forgotten == 200
        assert len(lost) == 200, "the control must lose, or this test proves nothing"
    else:
        assert forgotten == 0
        assert lost == set()
        assert delivery.reason == ""
        assert world.outbox.waiting == 0


def test_broker_killed_mid_way_loses_nothing(tmp_path: Path) -> None:
    """Whatever was on its way when the broker died is sent again, the same bytes, and arrives."""
    with Broker(tmp_path) as broker:
        world = World(tmp_path, broker, window=5)
        world.fill(500)
        gateway = TinyGateway(broker.port)
        killed = threading.Event()

        def accept(_: bytes) -> bool:
            if len(gateway.rows) >= 100 and not killed.is_set():
                killed.set()
                broker.kill()
            return True

        gateway.accepts = accept
        with gateway_beside(gateway):
            first = world.session.deliver(20.0)
        assert killed.is_set()
        assert first.reason
        assert 0 < world.outbox.waiting < 500
        broker.start()
        again = TinyGateway(broker.port)
        with gateway_beside(again):
            assert world.session.deliver(20.0).reason == ""
        world.session.close(None)
    assert set(gateway.rows) | set(again.rows) == {(BOOT, seq) for seq in range(500)}
    assert world.outbox.waiting == 0


# The awake budget.


@pytest.mark.parametrize("tls", [False, True])
def test_black_hole_costs_no_more_than_the_awake_budget(tmp_path: Path, tls: bool) -> None:
    """A port that takes the connection and never answers ends at the budget, with the reason, and loses nothing."""
    with socket.create_server(("127.0.0.1", 0)) as hole:
        broker = Broker(tmp_path)
        broker.port = hole.getsockname()[1]
        world = World(tmp_path, broker, tls=tls)
        world.fill(5)
        start_s = time.monotonic()
        delivery = world.session.deliver(0.6)
        spent_s = time.monotonic() - start_s
    assert delivery.reason
    assert delivery.sent == 0
    assert spent_s < 0.6 + 1.0, "a noisy machine's second beside the budget"
    assert world.outbox.waiting == 5


def test_connect_after_failures_waits_for_its_turn(tmp_path: Path) -> None:
    """Attempts that come too soon dial nobody, and say how long it takes and what failed."""
    broker = Broker(tmp_path)
    world = World(tmp_path, broker, retry_first_s=1000.0, retry_most_s=1000.0)
    assert "cannot connect" in world.session.deliver(5.0).reason
    with broker:
        reason = world.session.deliver(5.0).reason
        assert f"cannot connect to 127.0.0.1:{world.broker.port}" in reason
        assert "next attempt in" in reason
        assert not world.session.connected


def test_no_broker_is_a_reason_at_once(tmp_path: Path) -> None:
    """A refused connection costs nothing, and says where."""
    world = World(tmp_path, Broker(tmp_path))
    delivery = world.session.deliver(5.0)
    assert f"127.0.0.1:{world.broker.port}" in delivery.reason
    with pytest.raises(LinkError, match="not connected"):
        world.session.publish_state("health", b"")


# Hearing.


def test_attend_hears_a_wish_and_returns_early(world: World) -> None:
    """A nap with an open link ends when the gateway wants something; it is on disk by then."""
    world.session.connect(5.0)
    gateway = TinyGateway(world.broker.port)
    gateway.publish("desired", codec.encode(Desired(version=4)), retain=True)
    gateway.turn()
    assert world.session.attend(20.0) < 15.0
    wish = world.inbox.pending()
    assert wish is not None
    assert wish.version == 4


def test_attend_ends_when_it_is_woken(world: World) -> None:
    """A signal handler or another thread can end the nap."""
    world.session.connect(5.0)
    timer = threading.Timer(0.1, world.session.wake)
    timer.start()
    assert world.session.attend(20.0) < 15.0
    timer.join()


def test_wake_before_attend_is_not_lost(world: World) -> None:
    """A signal that comes between the cycle and its nap ends that nap."""
    world.session.connect(5.0)
    world.session.wake()
    assert world.session.attend(20.0) < 15.0


def test_retained_watermark_settles_what_a_sleeper_missed(world: World) -> None:
    """The node slept through its receipt: the retained wish carries it, and nothing is sent twice."""
    world.fill(10)
    world.session.deliver(5.0)
    world.session.close(None)
    gateway = TinyGateway(world.broker.port)
    from node.wire.messages import Receipt

    wish = Desired(version=1, watermarks=[Receipt(boot_id=BOOT, ranges=[(0, 9)])])
    gateway.publish("desired", codec.encode(wish), retain=True)
    gateway.turn()
    gateway.close()
    world.session.connect(5.0)
    world.session.attend(5.0)
    assert world.outbox.waiting == 0
    assert world.session.deliver(5.0).sent == 0


def test_fault_in_our_own_callback_is_counted_and_the_link_lives(world: World) -> None:
    """Paho would end the connection, or its thread, for an exception of ours."""

    class BrokenInbox:
        """Fails on everything."""

        def receive(self, kind: str, payload: bytes) -> list[object]:
            raise RuntimeError(f"no {kind} today")

    world.session._inbox = BrokenInbox()  # type: ignore[assignment]  # broken on purpose
    world.session.connect(5.0)
    gateway = TinyGateway(world.broker.port)
    gateway.publish("desired", b"anything", retain=True)
    gateway.turn()
    for _ in range(100):
        world.session.attend(0.05)
        if world.session.counters["callback_errors"]:
            break
    assert world.session.counters["callback_errors"] == 1
    assert world.session.connected


# Presence.


def test_close_leaves_the_word_of_the_sleeper_and_keeps_the_will_unsaid(tmp_path: Path, broker: Broker) -> None:
    """A planned sleep is `sleeping`, never `lost`: the goodbye is clean."""
    world = World(tmp_path, broker, will_delay_s=0)
    gateway = TinyGateway(broker.port)
    world.session.connect(5.0)
    sleeping = codec.encode(Presence(state=State.SLEEPING, boot_id=BOOT, next_wake_ms=1_700_000_060_000))
    world.session.close(sleeping)
    assert not world.session.connected
    for _ in range(20):
        gateway.turn(0.02)
    assert gateway.states["presence"] == sleeping


def test_broken_link_makes_the_broker_say_lost(tmp_path: Path, broker: Broker) -> None:
    """A node that vanishes is told as lost, under its boot id."""
    world = World(tmp_path, broker, will_delay_s=0)
    gateway = TinyGateway(broker.port)
    world.session.connect(5.0)
    world.session._linked().drop()
    for _ in range(200):
        gateway.turn(0.05)
        if "presence" in gateway.states:
            break
    will = codec.decode("presence", gateway.states["presence"])
    assert isinstance(will, Presence)
    assert (will.state, will.boot_id) == (State.LOST, BOOT)


# TLS and passwords.


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A throw-away CA, and a broker's certificate for `broker.test`."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", "-days", "2"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    for command in (
        ["req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Torpor test CA"],
        ["req", *key, "-keyout", "broker.key", "-out", "broker.csr", "-subj", "/CN=broker.test"],
        ["x509", "-req", "-in", "broker.csr", *signed, "-out", "broker.pem"],
    ):
        (folder / "names").write_text("subjectAltName=DNS:broker.test\n")
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)
    return folder


def test_tls_carries_records_to_the_right_broker_and_to_no_other(tmp_path: Path, certificates: Path) -> None:
    """With the CA and the name it delivers; with another name, or another CA, it refuses before a byte is said."""
    lines = (f"certfile {certificates / 'broker.pem'}", f"keyfile {certificates / 'broker.key'}")
    with Broker(tmp_path, lines) as broker:
        trusted = {"tls": True, "ca": certificates / "ca.pem"}
        world = World(tmp_path, broker, server_name="broker.test", receipt_wait_s=0.2, **trusted)
        world.fill(10)
        assert world.session.deliver(10.0).sent == 1
        world.session.close(None)
        strangers: tuple[dict[str, object], ...] = (
            {**trusted, "server_name": "other.test"},
            {"tls": True, "server_name": "broker.test"},
        )
        for number, options in enumerate(strangers):
            (tmp_path / str(number)).mkdir()
            stranger = World(tmp_path / str(number), broker, **options)
            stranger.fill(10)
            delivery = stranger.session.deliver(10.0)
            assert delivery.sent == 0
            assert "certificate" in delivery.reason.lower()


def test_missing_files_are_the_operators_to_mend(tmp_path: Path, broker: Broker) -> None:
    """A file that cannot be read names its option, and is no network trouble."""
    with pytest.raises(ConfigError, match="ca"):
        World(tmp_path / "a", broker, tls=True, ca=tmp_path / "none.pem").session.connect(1.0)
    with pytest.raises(ConfigError, match="password_file"):
        World(tmp_path / "b", broker, username="pump", password_file=tmp_path / "none").session.connect(1.0)
