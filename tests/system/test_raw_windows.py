"""Raw windows over a real mosquitto, from a real node to a real gateway that is really killed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from gateway.errors import StoreError
from gateway.store import queries, raw_windows
from tests.broker import MOSQUITTO, Broker
from tests.gateway.test_delivery import Gateway, wait

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")

PICTURES: Final = 200
NODE: Final = """
[node]
site = "site"
name = "meter"
board = "generic"
[mqtt]
host = "127.0.0.1"
port = {port}
[sense.camera]
part = "replay"
path = "pictures.npz"
[record]
raw = "always"
[outbox]
group_records = 10
[transmit]
interval_s = 0.2
[sleep]
period_s = 0.02
"""


def stored(folder: Path) -> dict[int, bytes]:
    """Return the items of what the gateway has, by seq."""
    try:
        with queries.reading(folder / "gateway.db") as database:
            return {each.raw.seq: each.raw.unpacked() for each in raw_windows.newest(database, "meter", 10_000)}
    except StoreError:  # it is being made
        return {}


def test_raw_windows_of_a_node_whose_gateway_is_killed_all_arrive_once(tmp_path: Path) -> None:
    """Twice killed while pictures pour in: each of them is stored once, to the byte, and the outbox is empty."""
    pictures = np.random.default_rng(5).integers(0, 256, (PICTURES, 60, 80), np.uint8)
    np.savez(tmp_path / "pictures.npz", images=pictures)
    with Broker(tmp_path) as broker:
        (tmp_path / "node.toml").write_text(NODE.format(port=broker.port))
        gateway = Gateway(tmp_path / "gateway", broker.port)
        gateway.start()
        try:
            command = [sys.executable, "-m", "node", "run", "--config", str(tmp_path / "node.toml")]
            with (tmp_path / "node.log").open("wb") as log, subprocess.Popen(command, stderr=log) as node:
                for reached in (10, 60):
                    wait(lambda reached=reached: len(stored(tmp_path / "gateway")) > reached)  # type: ignore[misc]
                    gateway.kill()
                    gateway.start()
                assert node.wait(60) == 0, (tmp_path / "node.log").read_text()
            found = stored(tmp_path / "gateway")
            assert sorted(found.values()) == sorted(picture.tobytes() for picture in pictures)
            assert gateway.stored("meter") + sorted(found) == [*range(0, 2 * PICTURES, 2), *range(1, 2 * PICTURES, 2)]
            assert gateway.stop() == 0
        finally:
            gateway.kill()
