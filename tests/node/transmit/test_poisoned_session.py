"""Poison against a real broker: what nobody takes is found, set aside, and blocks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from node.transmit.outbox import Outbox
from node.transmit.outbox import Params as OutboxParams
from node.values import Frame, Record, TimeQuality
from tests.broker import MOSQUITTO, Broker
from tests.node.transmit.sessions import World, gateway_beside
from tests.node.transmit.worlds import BOOT, TinyGateway, encode

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")


def test_poison_that_the_gateway_never_takes_is_set_aside_and_blocks_nobody(world: World) -> None:
    """Others are receipted in the same session; after enough sessions the one is quarantined and counted."""
    world.fill(50)
    gateway = TinyGateway(world.broker.port)
    poison = world.outbox.frames()[0].payload
    gateway.accepts = lambda payload: payload != poison
    with gateway_beside(gateway):
        assert world.session.deliver(20.0).receipted == 40
        world.session.close(None)
        world.fill(20)
        assert world.session.deliver(20.0).receipted == 20
        world.session.close(None)
    assert world.outbox.counters["quarantined"] == 10
    assert world.outbox.waiting == 0


def test_messages_that_nobody_heard_go_again_when_the_gateway_comes_and_are_no_poison(world: World) -> None:
    """A gateway that comes in the middle of a session, as after each restart of a broker, gets all of it at once.

    What went before it came was PUBACKed as unheard; that later messages had their receipts proves nothing against it.
    """
    for _ in range(3):  # strikes are 2
        world.fill(10)
        assert world.session.deliver(0.3).receipted == 0
        world.fill(10)
        gateway = TinyGateway(world.broker.port)
        with gateway_beside(gateway):
            delivery = world.session.deliver(20.0)
            world.session.close(None)
        gateway.close()
        assert (delivery.reason, delivery.receipted) == ("", 20)
    assert world.session.counters["unheard"] >= 3
    assert world.outbox.counters["quarantined"] == 0


def test_message_that_stops_the_broker_is_found_and_set_aside(tmp_path: Path) -> None:
    """Mosquitto's message_size_limit answers neither the large message nor the next three: all but that one go."""
    with Broker(tmp_path, ("message_size_limit 500",)) as broker:
        world = World(tmp_path, broker, ack_wait_s=0.4)
        for number in range(40):
            score = "x" * 600 if number == 25 else number / 8
            values = {"number": number, "score": score}
            world.outbox.append(
                Record(stream="results", time_ms=number, time_quality=TimeQuality.SYNCED, values=values), 0.0
            )
        gateway = TinyGateway(broker.port)
        with gateway_beside(gateway):
            for _ in range(12):
                world.fill(1)  # something sound that proves the link each time
                world.session.deliver(10.0)
                world.session.close(None)
                if world.outbox.counters["quarantined"]:
                    break
            world.session.deliver(10.0)
        world.session.close(None)
    guilty = {(BOOT, seq) for seq in range(20, 30)}
    assert world.outbox.counters["quarantined"] == len(guilty)
    assert set(gateway.rows) >= {(BOOT, seq) for seq in range(40)} - guilty
    assert world.outbox.waiting == 0


def test_deliver_to_a_broker_with_a_small_limit_cuts_the_frames(tmp_path: Path) -> None:
    """The limit in CONNACK is kept before publishing: a larger packet would end every connection."""
    with Broker(tmp_path, ("max_packet_size 300",)) as broker:
        world = World(tmp_path, broker)
        world.fill(20)
        assert max(len(frame.payload) for frame in world.outbox.frames()) > 300
        gateway = TinyGateway(broker.port)
        with gateway_beside(gateway):
            delivery = world.session.deliver(20.0)
        world.session.close(None)
    assert delivery.reason == ""
    assert len(gateway.rows) == 20
    assert world.session.counters["connections"] == 1


class Ignorant(Outbox):
    """Knows nothing of the broker's limit."""

    def frames(
        self, *, limit_count: int = 50, limit_bytes: int = 1 << 20, most_bytes: int | None = None
    ) -> list[Frame]:
        """Return what to send, however large."""
        return super().frames(limit_count=limit_count, limit_bytes=limit_bytes)


def test_message_over_which_the_broker_hangs_up_is_found_and_set_aside(tmp_path: Path) -> None:
    """Mosquitto closes without a word over a packet that is too large: all but that one still go."""
    with Broker(tmp_path, ("max_packet_size 700",)) as broker:
        world = World(tmp_path, broker)
        world.session._outbox = world.outbox = Ignorant(tmp_path / "o.db", OutboxParams(batch_records=10), BOOT, encode)
        for number in range(40):
            score = "x" * 700 if number == 5 else number / 8
            values = {"number": number, "score": score}
            world.outbox.append(
                Record(stream="results", time_ms=number, time_quality=TimeQuality.SYNCED, values=values), 0.0
            )
        gateway = TinyGateway(broker.port)
        with gateway_beside(gateway):
            for _ in range(20):
                world.fill(1)
                world.session.deliver(5.0)
                if not world.outbox.waiting:
                    break
        world.session.close(None)
    guilty = {(BOOT, seq) for seq in range(10)}
    assert world.outbox.counters["quarantined"] == len(guilty)
    assert set(gateway.rows) >= {(BOOT, seq) for seq in range(40)} - guilty
    assert world.outbox.waiting == 0
