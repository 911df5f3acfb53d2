"""The link: one MQTT 5 connection on paho, driven from the node's own thread.

It knows packets and no records. paho runs without its network thread: whoever owns a link calls `turn`, and callbacks
run inside that call. A link is used once: paho keeps the messages of a broken connection in a queue of its own and
replays them, and one that the broker refuses then ends every connection for ever; here they die with the link, and the
outbox sends them anew. There are no topic aliases for the same reason.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket
from typing import TYPE_CHECKING, Final, Protocol

from node.errors import LinkError
from node.lazy import lazy
from node.wire.topics import Topic, node_filters

if TYPE_CHECKING:
    import ssl

    from paho.mqtt import client as paho
    from paho.mqtt import enums, packettypes, properties
    from paho.mqtt.reasoncodes import ReasonCode

    from node.transmit.broker import Params, Who
    from node.transmit.tally import Tally
    from node.transmit.tls import Context
    from node.transmit.waker import Waker
else:
    paho = lazy("paho.mqtt.client")
    enums = lazy("paho.mqtt.enums")
    properties = lazy("paho.mqtt.properties")
    packettypes = lazy("paho.mqtt.packettypes")

log = logging.getLogger(__name__)

RECEIVE_MOST: Final = 65_535
"""MQTT 5's receive maximum where the broker names none."""
PACKET_MOST: Final = 268_435_460
"""MQTT 5's largest packet where the broker names none."""
FAILURE: Final = 0x80
"""Reason codes from here on are failures; 0x10, no matching subscribers, is not one by the standard's count."""


class Listener(Protocol):
    """Who is told what happens on a link. What it raises is the link's end, so it had better not."""

    def on_ack(self, mid: int, code: int, reason: str) -> None:
        """Take a PUBACK: the packet id, its reason code, and that in words."""
        ...

    def on_message(self, kind: str, payload: bytes) -> None:
        """Take a message that came down."""
        ...

    def on_hang_up(self, code: int, reason: str) -> None:
        """Take the broker's own DISCONNECT."""
        ...


class Link:
    """One connection, from CONNECT to its end.

    Attributes:
        receive_most: how many QoS 1 messages the broker takes before it has acknowledged the first.
        packet_most: bytes of the largest packet it takes.
    """

    def __init__(self, params: Params, who: Who, listener: Listener, will: bytes, tally: Tally) -> None:
        """Prepare; nothing is dialled yet.

        Args:
            params: as configured.
            who: whose connection.
            listener: told what happens.
            will: payload that the broker publishes under `presence` when this link breaks.
            tally: told what went over the socket.
        """
        self.receive_most = RECEIVE_MOST
        self.packet_most = PACKET_MOST
        self._params = params
        self._who = who
        self._listener = listener
        self._tally = tally
        self._accepted = False
        self._why = ""
        self._client = self._new_client(will)

    def _new_client(self, will: bytes) -> paho.Client:
        client = paho.Client(
            enums.CallbackAPIVersion.VERSION2,
            client_id=self._who.node,
            protocol=paho.MQTTv5,
            reconnect_on_failure=False,
        )
        client.max_inflight_messages_set(0)  # the window is ours to keep: paho would queue behind its own
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_socket_close = self._on_socket_close
        late = _properties(packettypes.PacketTypes.WILLMESSAGE, WillDelayInterval=self._params.will_delay_s)
        client.will_set(self._topic("presence"), will, qos=1, retain=True, properties=late)
        return client

    def open(self, address: str, context: Context | None, password: str | None, timeout_s: float) -> None:
        """Dial, and send CONNECT; whether the broker accepts is known after some `turn`.

        Args:
            address: numeric, so that no resolver is waited for.
            context: for TLS; None for none.
            password: with the configured user name; None for none.
            timeout_s: for TCP, and again for the TLS handshake.

        Raises:
            LinkError: nobody answers there, or not as TLS demands.
        """
        if context is not None:
            self._client.tls_set_context(context)
        if self._params.username:
            self._client.username_pw_set(self._params.username, password)
        self._client.connect_timeout = timeout_s
        wishes = _properties(
            packettypes.PacketTypes.CONNECT,
            SessionExpiryInterval=self._params.session_expiry_s,
            ReceiveMaximum=self._params.receive_maximum,
        )
        try:
            self._client.connect(
                address, self._params.port, self._params.keepalive_s, clean_start=False, properties=wishes
            )
        except (OSError, ValueError) as error:
            if context is not None:
                context.abandon()
            raise LinkError(f"{self._params.host}:{self._params.port} ({address}): {error}") from error

    @property
    def accepted(self) -> bool:
        """Whether the broker said yes."""
        return self._accepted

    @property
    def writing(self) -> bool:
        """Whether bytes wait to be written."""
        return self._client.want_write()

    def turn(self, timeout_s: float, waker: Waker) -> None:
        """Wait for the network, and do what it asks for.

        Args:
            timeout_s: longest wait.
            waker: ends the wait.

        Raises:
            LinkError: the connection is over.
        """
        sock = self._open_socket()
        buffered = isinstance(sock, _ssl_socket()) and sock.pending() > 0
        wait_s = 0.0 if buffered else max(0.0, timeout_s)
        writers = [sock] if self.writing else []
        readable, writable, _ = select.select([sock.fileno(), waker.fileno()], writers, [], wait_s)
        try:
            if buffered or sock.fileno() in readable:
                self._client.loop_read()
            if writable:
                self._client.loop_write()
            self._client.loop_misc()
        except Exception as error:  # noqa: BLE001 - a broken peer makes paho raise anything: struct.error, IndexError, KeyError
            self._why = f"{type(error).__name__}: {error}"
            self.drop()
        self._tally.look(self._open_socket())

    def publish(self, kind: str, payload: bytes, *, retain: bool = False) -> int:
        """Publish at QoS 1 under this node's topic.

        Returns:
            The packet id that `on_ack` will name.

        Raises:
            LinkError: the connection is over.
        """
        info = self._client.publish(self._topic(kind), payload, qos=1, retain=retain)
        if info.rc != paho.MQTT_ERR_SUCCESS:
            raise LinkError(f"{self._name()}: {paho.error_string(info.rc)}")
        return info.mid

    def overhead_bytes(self, kind: str) -> int:
        """Return what a QoS 1 PUBLISH of this kind adds to its payload.

        Source: MQTT 5.0 section 3.3: fixed header 1 + 4, topic 2 + n, packet id 2, properties 1.
        """
        return 10 + len(self._topic(kind))

    def disconnect(self) -> None:
        """Say goodbye: the broker then keeps the will to itself. Some `turn` sends it."""
        with contextlib.suppress(OSError, ValueError):
            self._client.disconnect()

    def drop(self) -> None:
        """Close the socket as it is; the broker publishes the will."""
        sock = self._client.socket()
        if isinstance(sock, socket.socket):
            self._tally.end(sock)
            with contextlib.suppress(OSError):
                sock.close()

    def _open_socket(self) -> socket.socket:
        sock = self._client.socket()
        if not isinstance(sock, socket.socket) or sock.fileno() < 0:
            raise LinkError(f"{self._name()}: {self._why or 'the connection was closed'}")
        return sock

    def _topic(self, kind: str) -> str:
        return str(Topic(self._who.site, self._who.node, kind))

    def _name(self) -> str:
        return f"{self._params.host}:{self._params.port}"

    # Called by paho, inside `turn`.

    def _on_connect(
        self, _client: object, _data: object, _flags: object, code: ReasonCode, granted: properties.Properties | None
    ) -> None:
        if code.is_failure:
            self._why = f"refused: {code}"
            return
        self.receive_most = getattr(granted, "ReceiveMaximum", RECEIVE_MOST)
        self.packet_most = getattr(granted, "MaximumPacketSize", PACKET_MOST)
        self._accepted = True
        # Also where the broker kept the session: only a SUBSCRIBE brings the retained desired state.
        self._client.subscribe([(each, 1) for each in node_filters(self._who.site, self._who.node)])

    def _on_disconnect(
        self, _client: object, _data: object, flags: paho.DisconnectFlags, code: ReasonCode, _props: object
    ) -> None:
        self._why = self._why or f"disconnected: {code}"
        if flags.is_disconnect_packet_from_server:
            self._listener.on_hang_up(code.value, str(code))

    def _on_publish(self, _client: object, _data: object, mid: int, code: ReasonCode, _props: object) -> None:
        self._listener.on_ack(mid, code.value, str(code))

    def _on_socket_close(self, _client: object, _data: object, sock: object) -> None:
        if isinstance(sock, socket.socket):  # paho's own wrapper of WebSockets is none, and never ours
            self._tally.end(sock)

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        self._listener.on_message(message.topic.rpartition("/")[2], bytes(message.payload))


def _properties(packet: int, **values: int) -> properties.Properties:
    made = properties.Properties(packet)  # type: ignore[no-untyped-call]  # paho's own omission
    for name, value in values.items():
        setattr(made, name, value)
    return made


def _ssl_socket() -> type[ssl.SSLSocket]:
    import ssl

    return ssl.SSLSocket
