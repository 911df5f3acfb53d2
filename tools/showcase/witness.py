"""A subscriber, as any MQTT client could be: it counts what the gateway publishes and remembers the latest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paho.mqtt.client import ConnectFlags, MQTTMessage
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

KEEP_ALIVE_S: Final = 30


class Witness:
    """Counts messages of one filter.

    Attributes:
        messages: how many came.
        latest: topic to the last JSON object that came there.
    """

    def __init__(self, topics: str) -> None:
        """Be ready to listen.

        Args:
            topics: an MQTT topic filter.
        """
        self.messages = 0
        self.latest: dict[str, Mapping[str, object]] = {}
        self._topics = topics
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
        self._client.on_connect = self._subscribe
        self._client.on_message = self._note

    def listen(self, port: int) -> None:
        """Connect to a broker on this machine and hear whatever comes from now on."""
        self._client.connect("127.0.0.1", port, keepalive=KEEP_ALIVE_S)
        self._client.loop_start()

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _subscribe(
        self, client: Client, _data: object, _flags: ConnectFlags, _reason: ReasonCode, _more: Properties | None
    ) -> None:
        client.subscribe(self._topics, qos=1)

    def _note(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.messages += 1
        try:
            said = json.loads(message.payload)
        except ValueError:
            return  # the same in CBOR, for programs
        if isinstance(said, dict):
            self.latest[message.topic] = said
