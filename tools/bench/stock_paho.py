"""What a user would write first: a paho callback that inserts into SQLite and commits every 500 messages.

The measure that `ingest` is held against. It knows no duplicates, acknowledges what it has not committed, and its
journal and durability are SQLite's defaults. It comes in two forms:

    values    it decodes a message into a row, as somebody who wants the readings has to
    payload   it keeps topic and payload as they came, and leaves the reading of them to whoever asks later
"""

from __future__ import annotations

import signal
import sqlite3
import sys
from typing import TYPE_CHECKING

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from node.wire import codec
from node.wire.messages import Results

if TYPE_CHECKING:
    from collections.abc import Iterator

READINGS = ("temperature", "humidity", "pressure", "light", "co2", "voltage", "current")
COLUMNS = {"values": ("node", "boot", "seq", "time_ms", *READINGS), "payload": ("topic", "payload")}


def rows(message: mqtt.MQTTMessage) -> Iterator[tuple[object, ...]]:
    """Give a message's rows as values."""
    results = codec.decode("results", bytes(message.payload))
    assert isinstance(results, Results)
    node = message.topic.split("/")[3]
    for at, seq in enumerate(results.seqs):
        yield (node, results.boot_id, seq, results.times_ms[at], *[each.values[at] for each in results.columns])


def main(port: int, database: str, topic: str, form: str) -> None:
    """Run until SIGTERM."""
    connection = sqlite3.connect(database, check_same_thread=False)
    columns = COLUMNS[form]
    insert = f"INSERT INTO message VALUES (NULL{', ?' * len(columns)})"  # noqa: S608 - question marks
    connection.execute(f"CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, {', '.join(columns)})")
    connection.commit()
    waiting = 0

    def on_connect(client: mqtt.Client, *_: object) -> None:
        client.subscribe(topic, qos=1)

    def on_subscribe(*_: object) -> None:
        print("ready", flush=True)

    def on_message(_client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        nonlocal waiting
        if form == "payload":
            connection.execute(insert, (message.topic, message.payload))
        else:
            for row in rows(message):
                connection.execute(insert, row)
        waiting += 1
        if waiting >= 500:
            connection.commit()
            waiting = 0

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="stock", clean_session=False)
    client.on_connect = on_connect
    client.on_subscribe = on_subscribe
    client.on_message = on_message
    client.connect("127.0.0.1", port)
    signal.signal(signal.SIGTERM, lambda *_: client.disconnect())
    client.loop_forever()
    connection.commit()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4])
