"""The connection to the broker: MQTT 5 through the sans-I/O `mqtt5`, on an asyncio transport.

paho is not used here: its per-message price (a lock, a callback, a socket read a packet) is two thirds of all that the
gateway now takes for a message. `mqtt5` parses a whole socket read of packets in one go, and acknowledgements
leave in one write a commit.

A message is acknowledged only when its caller says so, and only on the connection that it came on: after a broker's
restart packet ids begin again, and an old acknowledgement would hit a new message that nobody has committed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import mqtt5

from gateway import counters, credentials
from gateway.errors import ConfigError
from gateway.packets import Packets
from gateway.sending import Sending

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway import config
    from gateway.outgoing import Outgoing

log = logging.getLogger(__name__)

FOREVER: Final = 0xFFFFFFFF
"""A session that never expires: what nodes send while the gateway is away waits at the broker."""
MOST_HELD_BYTES: Final = 8 << 20
"""Payloads that may wait for their commit. Beyond, the socket is not read, and the rest waits at the broker: 2,000
messages of 64 KiB are what the broker would otherwise push on us at once."""
_GRANTED: Final = (
    mqtt5.SubAckReasonCode.GRANTED_QOS_AT_MOST_ONCE,
    mqtt5.SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE,
    mqtt5.SubAckReasonCode.GRANTED_QOS_EXACTLY_ONCE,
)
_REFUSAL: Final = 0x80
"""Reason codes from here on say that something was not done: MQTT 5 §2.4."""
_REACH_S: Final = 10.0
_BACKOFF_MOST_S: Final = 15.0
_STAYED_S: Final = 5.0


@dataclass(slots=True)
class Batch:
    """Messages of one connection, in the order they came.

    Attributes:
        epoch: which connection, counted from 1.
        packets: as the broker delivered them.
    """

    epoch: int
    packets: list[mqtt5.PublishPacket] = field(default_factory=list)


class Link(asyncio.Protocol):
    """One MQTT session over as many connections as it takes.

    Args:
        params: where the broker is.
        client_id: of the session, so the same after every restart.
        filters: what to hear; subscribed to again at every connect, because a broker may have lost it.
        will: what the broker says when we are gone.
        aside: takes topic and payload of what the broker says of itself: such filters begin with `$SYS`.
    """

    def __init__(
        self,
        params: config.Mqtt,
        client_id: str,
        filters: Sequence[str],
        will: Outgoing,
        aside: Callable[[str, bytes], None] = lambda _topic, _payload: None,
    ) -> None:
        self.epoch = 0
        self.batches: deque[Batch] = deque()
        self.arrived = asyncio.Event()
        self.counters = dict.fromkeys(counters.LINK, 0)
        self._params = params
        self._client_id = client_id
        self._filters = filters
        self._will = will
        self._aside = aside
        self._transport: asyncio.Transport | None = None
        self._packets = Packets(self._handle, self._step_over)
        self._sending = Sending()
        self._password: bytes | None = None
        self._down = asyncio.Event()
        self._refusal = ""
        self._refusals: set[int] = set()
        self._heard_s = 0.0
        self._welcomed_s = 0.0
        self._held_bytes = 0
        self._is_paused = False

    @property
    def up(self) -> bool:
        """Whether the broker has taken us in."""
        return self._sending.is_open

    @property
    def waiting(self) -> int:
        """Messages that wait to be sent or to be acknowledged."""
        return len(self._sending)

    async def stay(self) -> None:
        """Connect, and connect again, with full jitter, until cancelled."""
        failures = 0
        while True:
            try:
                await self._connect()
                await self._down.wait()
            except (OSError, ConfigError) as error:  # TimeoutError and SSLError are among the former
                self._refusal = str(error) or type(error).__name__
            # Being thrown out at once is a failure too: two gateways with one name must not kick each other in a storm.
            stayed_s = asyncio.get_running_loop().time() - self._welcomed_s if self.up else 0.0
            failures = 0 if stayed_s > _STAYED_S else failures + 1
            self._close()
            if failures in {0, 1}:  # repeats are counted, not repeated
                log.warning("no broker at %s:%d: %s", self._params.host, self._params.port, self._refusal)
            await asyncio.sleep(random.uniform(0, min(_BACKOFF_MOST_S, 0.5 * 2 ** min(failures, 6))))  # noqa: S311 - jitter

    async def _connect(self) -> None:
        self._down.clear()
        self._refusal = "it closed the connection"
        # Read anew for each attempt, and before it: what goes wrong in a callback of asyncio's nobody hears of.
        context, self._password = credentials.tls(self._params), credentials.password(self._params)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_REACH_S):
            await loop.create_connection(lambda: self, self._params.host, self._params.port, ssl=context)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Introduce ourselves."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._is_paused = False
        self._packets.begin()
        self._heard_s = asyncio.get_running_loop().time()
        transport.write(self._introduction().write())
        self._watch(transport)

    def _introduction(self) -> mqtt5.ConnectPacket:
        params, will = self._params, self._will
        return mqtt5.ConnectPacket(
            self._client_id,
            username=params.username or None,
            password=self._password,
            clean_start=False,
            session_expiry_interval=FOREVER,
            receive_max=params.receive_max,
            keep_alive=params.keepalive_s,
            will=mqtt5.Will(will.topic, payload=will.payload, qos=mqtt5.QoS.AT_LEAST_ONCE, retain=will.retain),
        )

    def data_received(self, data: bytes) -> None:
        """Read every whole packet that is here."""
        self._heard_s = asyncio.get_running_loop().time()
        self._packets.feed(data)

    def _step_over(self, packet_id: int) -> None:
        """Take a packet that could not be read off the broker's hands, or it comes back for ever."""
        self.counters["unreadable"] += 1
        if packet_id:
            self._write(mqtt5.PubAckPacket(packet_id).write())

    def _handle(self, packet: mqtt5.Packet) -> None:
        match packet:
            case mqtt5.PublishPacket(qos=mqtt5.QoS.AT_MOST_ONCE) if packet.topic.startswith("$SYS/"):
                self._aside(packet.topic, bytes(packet.payload or b""))
            case mqtt5.PublishPacket():
                self.batches[-1].packets.append(packet)
                self.arrived.set()
                self._hold(len(packet.payload or b""))
            case mqtt5.PubAckPacket():
                self._acknowledged(packet)
            case mqtt5.ConnAckPacket():
                self._welcome(packet)
            case mqtt5.SubAckPacket():
                self._check_granted(packet)
            case mqtt5.DisconnectPacket():
                self._refusal = f"it disconnected us: {packet.reason_code} {packet.reason_str or ''}"
            case _:
                pass  # PINGRESP: that something came is all that it says

    def _hold(self, size_bytes: int) -> None:
        """Count payloads in, or out again, and stop or go on reading by how many are here."""
        self._held_bytes += size_bytes
        if self._transport is None or self._transport.is_closing():
            return
        if self._held_bytes > MOST_HELD_BYTES and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        elif self._held_bytes <= MOST_HELD_BYTES // 2 and self._is_paused:
            self._is_paused = False
            self._heard_s = asyncio.get_running_loop().time()  # it was we who did not listen
            self._transport.resume_reading()

    def _welcome(self, packet: mqtt5.ConnAckPacket) -> None:
        if packet.reason_code != mqtt5.ConnAckReasonCode.SUCCESS:
            self._refusal = f"it refused us: {packet.reason_code}"
            self._close()
            return
        self.epoch += 1
        self.counters["connects"] += 1
        self.batches.append(Batch(self.epoch))
        self._welcomed_s = self._heard_s
        self._sending.begin(packet.receive_max, packet.max_packet_size)
        # Without retain-as-published the flag tells what the broker had kept from what is said just now.
        filters = [mqtt5.TopicFilter(each, max_qos=_qos(each), retain_as_published=False) for each in self._filters]
        self._write(mqtt5.SubscribePacket(self._sending.take_id(), filters).write())
        log.info("connected to %s:%d, session %s", self._params.host, self._params.port, _kept(packet))

    def _check_granted(self, packet: mqtt5.SubAckPacket) -> None:
        self._sending.done(packet.packet_id)
        refused = [each for each in packet.reason_codes if each not in _GRANTED]
        if refused:
            log.error("the broker refused a subscription (%s); check its access list", refused)

    def ack(self, batch: Batch) -> int:
        """Acknowledge a committed batch; one of an older connection is not, and comes again.

        Returns:
            How many were acknowledged.
        """
        self._hold(-sum(len(each.payload or b"") for each in batch.packets))
        ids = [each.packet_id for each in batch.packets if each.packet_id is not None]
        if batch.epoch != self.epoch or not self.up:
            self.counters["stale_acks"] += len(ids)
            return 0
        self._write(b"".join([mqtt5.PubAckPacket(each).write() for each in ids]))
        return len(ids)

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Send, as far as the broker's window allows; the rest follows. Without a connection nothing is kept."""
        self._sending.put(messages)
        self._flush()

    def _acknowledged(self, packet: mqtt5.PubAckPacket) -> None:
        self._sending.done(packet.packet_id)
        code = int(packet.reason_code)
        if code >= _REFUSAL:
            self.counters["refused"] += 1
            if code not in self._refusals:  # repeats are counted, not repeated
                self._refusals.add(code)
                log.error("the broker refused what we said (%s); check its access list", packet.reason_code)
        self._flush()

    def _flush(self) -> None:
        ready = self._sending.ready()
        self.counters["unsent"] = self._sending.unsent
        if ready:
            self._write(ready)

    def _watch(self, transport: asyncio.Transport) -> None:
        """Ping when it is quiet, and hang up when nothing came for one and a half keep-alives.

        It ends with its connection, or every reconnect would leave another that pings.
        """
        if transport is not self._transport or transport.is_closing():
            return
        loop = asyncio.get_running_loop()
        silent_s = loop.time() - self._heard_s
        if silent_s > 1.5 * self._params.keepalive_s and not self._is_paused:
            self._refusal = f"nothing heard for {silent_s:.0f} s"
            transport.abort()
            return
        if self.up:
            self._write(mqtt5.PingReqPacket().write())
        loop.call_later(self._params.keepalive_s / 2, self._watch, transport)

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note it; `stay` connects again."""
        if exc is not None:
            self._refusal = str(exc)
        self._down.set()

    def _close(self) -> None:
        """Forget the connection: what was in flight comes again from those who miss it."""
        if self._transport is not None:
            self._transport.abort()
        self._transport = None
        self._sending.end()
        self._down.set()

    async def leave(self, last: Outgoing, patience_s: float = _REACH_S) -> None:
        """Say goodbye in good order: the last word instead of the will.

        Args:
            last: the word.
            patience_s: for a broker that takes nothing any more; then the will speaks.
        """
        transport = self._transport
        if self.up and transport is not None:
            self.publish([last])
            self._write(mqtt5.DisconnectPacket().write())
            transport.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await self._down.wait()
            transport.abort()


def _qos(topic_filter: str) -> mqtt5.QoS:
    """The broker's own numbers come again; messages of nodes are acknowledged when they are on disk."""
    return mqtt5.QoS.AT_MOST_ONCE if topic_filter.startswith("$SYS/") else mqtt5.QoS.AT_LEAST_ONCE


def _kept(packet: mqtt5.ConnAckPacket) -> str:
    return "kept" if packet.session_present else "new"
