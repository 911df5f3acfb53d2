"""A gateway with one fault: it acknowledges to the broker on arrival, not after its commit. The rest is the real thing.

A control: `python -m tools.chaos.hasty gateway.toml`. For every message that it takes off the broker's hands it adds a
byte to the file `heard` beside its configuration.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import mqtt5

from gateway import config
from gateway.app import App
from gateway.clock import wall_ms
from gateway.link import Batch, Link


class Hasty(Link):
    """A link that does as MQTT libraries do when nobody tells them otherwise."""

    def _handle(self, packet: mqtt5.Packet) -> None:
        super()._handle(packet)
        if isinstance(packet, mqtt5.PublishPacket) and packet.packet_id is not None:
            self._write(mqtt5.PubAckPacket(packet.packet_id).write())
            with Path(sys.argv[1]).with_name("heard").open("ab") as heard:
                heard.write(b".")

    def ack(self, batch: Batch) -> int:
        """Do nothing: the broker was told long ago."""
        return len(batch.packets)


if __name__ == "__main__":
    asyncio.run(App(config.read(Path(sys.argv[1])), wall_ms, link=Hasty).run())
