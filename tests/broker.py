"""A real mosquitto for tests: on a free port of 127.0.0.1, open to everybody, with its files in a folder of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.chaos import broker
from tools.chaos.broker import MOSQUITTO, free_port

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MOSQUITTO", "Broker", "free_port"]


class Broker(broker.Broker):
    """One mosquitto process, with a configuration of a few lines.

    Args:
        folder: where its configuration, log and persistence live.
        lines: more lines for mosquitto.conf.
    """

    def __init__(self, folder: Path, lines: tuple[str, ...] = ()) -> None:
        port, config = free_port(), folder / "mosquitto.conf"
        base = (f"listener {port} 127.0.0.1", "allow_anonymous true", "user root", "max_queued_messages 1000000")
        config.write_text("\n".join((*base, *lines, "")))
        super().__init__(config, port)
