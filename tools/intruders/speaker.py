"""A speaker: one MQTT 5 connection that does as it is told, and keeps what it hears."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Self

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

    from paho.mqtt.reasoncodes import ReasonCode

PATIENCE_S: Final = 60.0
"""With a machine that does much else; who has an answer does not wait."""


class Speaker:
    """One connection.

    Args:
        port: of the broker, on 127.0.0.1.
        rules: what it shows, and whom it believes.
        claims: its client id.
        username: what it claims to be called.
        will: topic and payload that the broker is to say when it dies.
        session_s: how long its session outlives it; 0 begins a new one.
    """

    def __init__(
        self,
        port: int,
        rules: ssl.SSLContext,
        claims: str,
        *,
        username: str = "",
        will: tuple[str, bytes] | None = None,
        session_s: int = 0,
    ) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.accepted = False
        self.over = threading.Event()
        self._port = port
        self._session_s = session_s
        self._answered = threading.Event()
        self._news = threading.Condition()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=claims, protocol=paho.MQTTv5)
        self._client.tls_set_context(rules)
        if username:
            self._client.username_pw_set(username, "guess")
        if will:
            self._client.will_set(*will, qos=1)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = lambda *_: self._ended()
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_: self._answered.set()

    def __enter__(self) -> Self:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._session_s
        try:
            self._client.connect("127.0.0.1", self._port, clean_start=not self._session_s, properties=properties)
        except OSError:  # the handshake failed, which is an answer
            self.over.set()
            return self
        self._client.loop_start()
        self._answered.wait(PATIENCE_S)
        return self

    def _on_connect(self, _client: object, _data: object, _flags: object, code: ReasonCode, _more: object) -> None:
        self.accepted = not code.is_failure
        self._answered.set()

    def _ended(self) -> None:
        self.over.set()
        self._answered.set()
        self._client.reconnect_delay_set(3600)  # thrown out is out
        with self._news:
            self._news.notify_all()

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        with self._news:
            self.heard.append((message.topic, bytes(message.payload)))
            self._news.notify_all()

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish at QoS 1; when this returns, the broker has dealt with it, or thrown us out."""
        if not self.over.is_set():
            told = self._client.publish(topic, payload, qos=1, retain=retain)
            if told.rc:  # thrown out a moment ago: the socket is gone, and its callback is on the way
                self.over.wait(PATIENCE_S)
            while not self.over.is_set() and not told.is_published():
                told.wait_for_publish(0.1)

    def listen(self, *filters: str) -> None:
        """Subscribe; when this returns, the broker has dealt with it, or thrown us out."""
        for each in filters:
            if not self.over.is_set():
                self._answered.clear()
                self._client.subscribe(each, qos=1)
                self._answered.wait(PATIENCE_S)

    def hears(self, topic: str, payload: bytes) -> bool:
        """Wait for a message; whether it came before this connection ended and the patience did."""
        with self._news:
            self._news.wait_for(lambda: (topic, payload) in self.heard or self.over.is_set(), PATIENCE_S)
            return (topic, payload) in self.heard

    def die(self) -> None:
        """End without a goodbye, so that the broker speaks the will."""
        sock = self._client.socket()
        if sock is not None:
            sock.close()
        self._client.loop_stop()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()
