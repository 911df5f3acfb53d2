"""What these tests share: an honest encoder, a clock, a gateway of a few lines."""

from __future__ import annotations

import select
import time
from collections import Counter
from typing import TYPE_CHECKING

import cbor2
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from node.transmit.ranges import ranges_of
from node.values import Frame, Receipt, Record, TimeQuality
from node.wire import codec
from node.wire.messages import Receipt as WireReceipt
from node.wire.messages import Receipts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from node.transmit.framing import Row
    from node.values import Value

BOOT = b"boot-1"
NEXT_BOOT = b"boot-2"


def encode(*, stream: str, model: str, boot_id: bytes, quality: TimeQuality, rows: Sequence[Row]) -> bytes:
    """Encode rows so that `decode` can read them back."""
    return cbor2.dumps(
        [boot_id, stream, model, int(quality), [[seq, time_ms, dict(values)] for seq, time_ms, values in rows]]
    )


def decode(payload: bytes) -> tuple[bytes, list[tuple[int, int, dict[str, Value]]]]:
    """Return the boot id and the rows of what `encode` made."""
    boot_id, _, _, _, rows = cbor2.loads(payload)
    return boot_id, [(seq, time_ms, dict(values)) for seq, time_ms, values in rows]


def record(number: int, *, stream: str = "results", priority: int = 5, critical: bool = False) -> Record:
    """Return a record that can be told from the others."""
    return Record(
        stream=stream,
        time_ms=1_700_000_000_000 + number,
        time_quality=TimeQuality.SYNCED,
        values={"number": number, "score": number / 8},
        priority=priority,
        critical=critical,
    )


def seqs_of(frame: Frame) -> list[int]:
    """Return the seqs inside a frame, from its payload."""
    return [seq for seq, _, _ in decode(frame.payload)[1]]


def receipt_for(frame: Frame) -> Receipt:
    """Return the receipt that a gateway sends for a whole frame."""
    boot_id, rows = decode(frame.payload)
    return Receipt(boot_id=boot_id, ranges=ranges_of(seq for seq, _, _ in rows))


class MonotonicClock:
    """The real monotonic clock, and a wall clock that stands still."""

    def wall_ms(self) -> int:
        """Return a date in 2023."""
        return 1_700_000_000_000

    def monotonic_s(self) -> float:
        """Return the machine's own."""
        return time.monotonic()

    def quality(self) -> TimeQuality:
        """Claim to be synchronised."""
        return TimeQuality.SYNCED


class TinyGateway:
    """Stores what arrives in a set, then sends receipts; driven by `turn`, from a test's own thread or another.

    Attributes:
        rows: (boot_id, seq) to how often it came.
        states: the newest payload by kind, of what is not a result.
        mute: take messages, and send no receipts.
    """

    def __init__(self, port: int) -> None:
        self.rows: Counter[tuple[bytes, int]] = Counter()
        self.states: dict[str, bytes] = {}
        self.mute = False
        self.accepts: Callable[[bytes], bool] = lambda _: True
        self._subscribed = False
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="gateway", protocol=paho.MQTTv5)
        self._client.on_connect = lambda client, *_: client.subscribe("torpor/1/orchard/pump/#", 1)
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        while not self._subscribed:
            self.turn(0.05)

    def turn(self, timeout_s: float = 0.0) -> None:
        """Handle what has come."""
        sock = self._client.socket()
        if sock is None:
            return
        writers = [sock] if self._client.want_write() else []
        if select.select([sock], writers, [], timeout_s)[0]:
            self._client.loop_read()
        self._client.loop_write()

    def publish(self, kind: str, payload: bytes, *, retain: bool = False) -> None:
        """Say something to the node."""
        self._client.publish(f"torpor/1/orchard/pump/{kind}", payload, qos=1, retain=retain)

    def close(self) -> None:
        """Go."""
        self._client.disconnect()
        self.turn()

    def _on_subscribe(self, *_: object) -> None:
        self._subscribed = True

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        kind = message.topic.rpartition("/")[2]
        if kind != "results":
            self.states[kind] = bytes(message.payload)
            return
        if not self.accepts(bytes(message.payload)):
            return
        boot_id, rows = decode(bytes(message.payload))
        self.rows.update((boot_id, seq) for seq, _, _ in rows)
        if not self.mute:
            receipt = WireReceipt(boot_id=boot_id, ranges=ranges_of(seq for seq, _, _ in rows))
            self.publish("receipt", codec.encode(Receipts(receipts=[receipt])))
