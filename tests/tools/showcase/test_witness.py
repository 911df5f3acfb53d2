"""The subscriber counts what a real broker delivers."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from paho.mqtt import publish

from tests.broker import Broker
from tools.showcase.witness import Witness

if TYPE_CHECKING:
    from pathlib import Path


def test_witness_counts_its_topics_and_keeps_the_latest_object(tmp_path: Path) -> None:
    """Every message under the filter counts, also one that is not JSON; retained ones reach a late witness."""
    with Broker(tmp_path) as broker:
        publish.multiple(
            [
                {"topic": "torpor/1/demo/_/a", "payload": '{"node": "meter"}', "qos": 1, "retain": True},
                {"topic": "torpor/1/demo/_/b", "payload": b"\xa1\x00\x01", "qos": 1, "retain": True},
                {"topic": "torpor/1/demo/meter/results", "payload": "{}", "qos": 1, "retain": True},
            ],
            hostname="127.0.0.1",
            port=broker.port,
        )
        witness = Witness("torpor/1/demo/_/#")
        witness.listen(broker.port)
        try:
            waiting = threading.Event()
            assert any(witness.messages == 2 or waiting.wait(0.02) for _ in range(500))
        finally:
            witness.close()
    assert witness.latest == {"torpor/1/demo/_/a": {"node": "meter"}}
