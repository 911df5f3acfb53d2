"""A town: a gateway's folder with published models, a site that is open on it, nodes that speak, and an operator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gateway import config
from gateway.__main__ import main
from gateway.clock import wall_ms
from gateway.site import Site
from gateway.store.database import Store
from node.wire import codec
from node.wire.messages import Desired, Health, ModelOffer, Presence, Reported, State
from tests.gateway.rollout.sleepers import NEW, OLD
from tests.gateway.world import BOOT, sent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gateway.outgoing import Outgoing


class Town:
    """A gateway and its nodes, by the minute.

    Args:
        folder: an empty one.
        back_to: how far the newer model's publisher lets nodes go back.
    """

    def __init__(self, folder: Path, back_to: int = 1) -> None:
        self.folder = folder
        self.now_ms = wall_ms()  # commands beside it read the same clock
        self.offers: dict[str, ModelOffer | None] = {}
        metadata = folder / "models" / "metadata"
        metadata.mkdir(parents=True)
        custom = {OLD.target: {"version": 1}, NEW.target: {"version": 2, "back_to": back_to}}
        targets = {
            each.target: {
                "length": each.size_bytes,
                "hashes": {"sha256": each.digest.hex()},
                "custom": {"model": each.model, **custom[each.target]},
            }
            for each in (OLD, NEW)
        }
        (metadata / "3.targets.json").write_text(json.dumps({"signed": {"targets": targets}}))
        (folder / "gateway.toml").write_text('[site]\nname = "site"\nzone = "Europe/Berlin"\n')
        self.restart()

    def restart(self) -> None:
        """Open the site on what is on disk."""
        self.config = config.read(self.folder / "gateway.toml")
        self.store = Store(self.config.store.path)
        self.site = Site(self.config, self.store)

    def tell(
        self, node: str, model: str = "digits@1", update: Mapping[str, str] | None = None, group: str = ""
    ) -> None:
        """Have a node wake, and say what it runs on."""
        settings = {"policy.group": group} if group else {}
        awake = Presence(state=State.READY, boot_id=BOOT, time_ms=self.now_ms, interval_s=600.0)
        report = Reported(version=1, model=model, settings=settings, update=update or {})
        self.heed(self.site.commit([sent(awake, node), sent(report, node)], self.now_ms))

    def charge(self, node: str, charge: float) -> None:
        """Have a node say how full its battery is."""
        health = Health(boot_id=BOOT, time_ms=self.now_ms, uptime_s=1.0, gauges={"battery_charge": charge})
        self.heed(self.site.commit([sent(health, node)], self.now_ms))

    def tick(self, minutes: float = 0.1, *nodes: str) -> dict[str, str]:
        """Let time go by, minute by minute; returns the targets on offer.

        Args:
            minutes: how many.
            nodes: that wake in each of them.
        """
        end_ms = self.now_ms + round(minutes * 60_000)
        while self.now_ms < end_ms:
            self.now_ms = min(self.now_ms + 60_000, end_ms)
            for node in nodes:
                awake = Presence(state=State.READY, boot_id=BOOT, time_ms=self.now_ms, interval_s=60.0)
                self.heed(self.site.commit([sent(awake, node)], self.now_ms))
            self.heed(self.site.tick(self.now_ms))
        return {node: each.target for node, each in self.offers.items() if each}

    def heed(self, said: Iterable[Outgoing]) -> None:
        """Take in what nodes are told to fetch."""
        for each in said:
            message = codec.decode("desired", each.payload) if each.topic.endswith("/desired") else None
            if isinstance(message, Desired):
                self.offers[each.topic.split("/")[3]] = message.model

    def type(self, *words: str) -> int:
        """Type a command of `torpor-gateway`, beside the open site."""
        return main([*words, "--config", str(self.folder / "gateway.toml")])

    def roll(self, *words: str) -> int:
        """Type `torpor-gateway rollout`."""
        return self.type("rollout", *words)
