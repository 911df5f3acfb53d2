"""What a user would write first: a paho callback that inserts into SQLite and commits every 500 messages.

The measure that `ingest` is held against. It decodes a message into a row, as somebody who wants the readings has to,
and no more: it knows no duplicates, acknowledges what it has not committed, and its journal and durability are
SQLite's defaults.
"""

from __future__ import annotations

import signal
import sqlite3
import sys

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from node.wire import codec
from node.wire.messages import Results

COLUMNS = ("temperature", "humidity", "pressure", "light", "co2", "voltage", "current")
INSERT = "INSERT INTO message VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def main(port: int, database: str, topic: str) -> None:
    """Run until SIGTERM."""
    connection = sqlite3.connect(database, check_same_thread=False)
    columns = ", ".join(f"{name} REAL" for name in COLUMNS)
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, node, boot, seq, time_ms, {columns})"
    )
    connection.commit()
    waiting = 0

    def on_connect(client: mqtt.Client, *_: object) -> None:
        client.subscribe(topic, qos=1)

    def on_subscribe(*_: object) -> None:
        print("ready", flush=True)

    def on_message(_client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        nonlocal waiting
        results = codec.decode("results", bytes(message.payload))
        assert isinstance(results, Results)
        node = message.topic.split("/")[3]
        for at, seq in enumerate(results.seqs):
            values = [each.values[at] for each in results.columns]
            connection.execute(INSERT, (node, results.boot_id, seq, results.times_ms[at], *values))
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
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
