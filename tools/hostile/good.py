"""Nodes that mean no harm: they say a little, steadily, and note when each receipt comes."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from node.wire import codec
from node.wire.errors import WireError
from node.wire.messages import Column, Receipts, Results

if TYPE_CHECKING:
    from typing import Self

NODES: Final = 10
PERIOD_S: Final = 0.02
"""From message to message: five a second and node."""
BOOT: Final = b"honest"
_PATIENCE_S: Final = 60.0


class Good:
    """Ten nodes behind one connection, from entering to leaving.

    Attributes:
        latencies_s: from a message's publishing to its receipt, in the order of the receipts.
    """

    def __init__(self, port: int, site: str) -> None:
        self.latencies_s: list[float] = []
        self._port, self._site = port, site
        self._sent_s: dict[tuple[str, int], float] = {}
        self._sent = 0
        self._over = threading.Event()
        self._ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="good", protocol=mqtt.MQTTv5)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._receipt
        self._pace = threading.Thread(target=self._speak, name="good", daemon=True)

    @property
    def unanswered(self) -> int:
        """Messages whose receipt has not come."""
        return len(self._sent_s)

    @property
    def names(self) -> list[str]:
        """The nodes."""
        return [f"good-{at}" for at in range(NODES)]

    def p99_s(self) -> float:
        """Return the latency that 99 of 100 messages keep; what is unanswered took for ever."""
        every = sorted(self.latencies_s) + [float("inf")] * self.unanswered
        return every[min(len(every) - 1, len(every) * 99 // 100)] if every else float("inf")

    def _speak(self) -> None:
        while not self._over.wait(PERIOD_S):
            node, seq = f"good-{self._sent % NODES}", self._sent // NODES
            now_ms = time.time_ns() // 1_000_000  # noqa: TID251 - what a real node would say
            columns = [Column(name="temperature", values=[20.0 + seq % 50 / 10])]
            message = Results(boot_id=BOOT, seqs=[seq], times_ms=[now_ms], stream="climate", columns=columns)
            self._sent_s[node, seq] = time.perf_counter()
            self._sent += 1
            self._client.publish(f"torpor/1/{self._site}/{node}/results", codec.encode(message), qos=1)

    def _receipt(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        now_s = time.perf_counter()
        try:
            said = codec.decode("receipt", bytes(message.payload))
        except WireError:
            return  # a forgery for a node under attack
        if not isinstance(said, Receipts):
            return
        node = message.topic.split("/")[3]
        seqs = [
            seq
            for each in said.receipts
            if each.boot_id == BOOT
            for first, last in each.ranges
            for seq in range(first, min(last, self._sent) + 1)
        ]
        for seq in seqs:
            since_s = self._sent_s.pop((node, seq), None)
            if since_s is not None:
                self.latencies_s.append(now_s - since_s)

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self._port)
        self._client.subscribe(f"torpor/1/{self._site}/+/receipt", qos=1)
        self._client.loop_start()
        if not self._ready.wait(_PATIENCE_S):
            raise ConnectionError("the broker grants the good nodes no subscription")
        self._pace.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Fall silent, and wait for the receipts that are still to come."""
        self._over.set()
        self._pace.join()
        until_s, pause = time.perf_counter() + _PATIENCE_S, threading.Event()
        while self._sent_s and time.perf_counter() < until_s:
            pause.wait(0.05)
        self._client.disconnect()
        self._client.loop_stop()
