"""What a node says of itself: over the air to the gateway, and on disk to people and to its next start.

The uplink's `Teller`. It asks the house for what it tells, and opens nothing: where no answer was kept yet there is
no outbox to count.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Protocol

from node.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from node.config import Config
    from node.economy import Economy
    from node.errors import LinkError
    from node.gate import Gate
    from node.hal import Clock
    from node.health import Health
    from node.sense import Sensor
    from node.transmit.outbox import Outbox
    from node.transmit.session import Delivery
    from node.transmit.uplink import Uplink
    from node.wire.messages import Health as HealthMessage
    from node.wire.messages import Reported


class House(Protocol):
    """What is told of."""

    @property
    def boot_id(self) -> bytes:
        """Of this process start."""
        ...

    @property
    def folder(self) -> Path:
        """Where state is left."""
        ...

    @property
    def sensors(self) -> Mapping[str, Sensor]:
        """Those that are read in every cycle, by name."""
        ...

    @property
    def gate(self) -> Gate:
        """The rule, which has something to remember."""
        ...

    @property
    def opened_outbox(self) -> Outbox | None:
        """Where answers wait; None before the first one."""
        ...

    @property
    def uplink(self) -> Uplink:
        """How they leave, and when they last did."""
        ...


class Telling:
    """Tells, and remembers what this start is to leave for the next."""

    def __init__(self, house: House, config: Config, clock: Clock, health: Health, economy: Economy) -> None:
        """Begin to count the uptime; the arguments are what their names say."""
        self._house = house
        self._config = config
        self._clock = clock
        self._health = health
        self._economy = economy
        self._before: Mapping[str, int] = {}
        self._started_s = clock.monotonic_s()
        self.halting = ""
        """The state that the machine is being sent into; the next start goes on where this one ends."""

    def go_on(self, counters: Mapping[str, int]) -> None:
        """Count on from where an earlier start ended, as one life of many wakes."""
        self._before = counters
        self._health.counters.update(counters)

    def health_message(self) -> HealthMessage:
        """How the node is, for the gateway."""
        self._look_around()
        return self._health.message(
            boot_id=self._house.boot_id,
            clock=self._clock,
            uptime_s=self._clock.monotonic_s() - self._started_s,
            energy_mj=self._economy.ledger.energy_mj(),
            gauges=self._economy.ledger.snapshot(),
        )

    def reported(self, desired_version: int) -> Reported:
        """What the node runs on: the version it obeys, and the units of what it records."""
        from node.wire.messages import Reported

        channels = [channel for sensor in self._house.sensors.values() for channel in sensor.channels]
        units = {channel.name: channel.unit for channel in channels if channel.unit}
        return Reported(version=desired_version, streams={self._config.record.stream: units})

    def delivered(self, delivery: Delivery) -> None:
        """Count a transmission; leave the state on disk, for it is a good moment."""
        counters = self._health.counters
        counters["transmissions"] += 1
        counters["frames_sent"] += delivery.sent
        counters["bytes_published"] += delivery.bytes_published
        counters["records_receipted"] += delivery.receipted
        if delivery.reason:
            self._health.link_fails(delivery.reason)
        else:
            self._health.well("link")
        self._economy.set_clocks(self._health, self._config.sleep.period_s)
        self.save()

    def unreachable(self, error: LinkError) -> None:
        """Count a transmission that found nobody."""
        self._health.link_fails(str(error))
        self.save()

    def save(self) -> None:
        """Leave the state on disk: for people, and for the next start."""
        self._look_around()
        ledger = self._economy.ledger
        more = {"awake_s": ledger.awake_s(), "energy_mj": ledger.total_mj(), "memory": asdict(self._memory())}
        try:
            self._health.save(self._house.folder, more)
            self._economy.store()
        except OSError as error:  # a node without a disk still has a radio
            self._health.reasons["state"] = f"{self._house.folder}: {error.strerror}; free the disk or replace it"
        else:
            self._health.well("state")

    def _memory(self) -> Memory:
        return Memory(
            gate=self._house.gate.memory(),
            last_ms=self._house.uplink.last_ms,
            counters=dict(self._health.counters),
            halted=self.halting,
        )

    def _look_around(self) -> None:
        """Take up what the outbox counted, and why its disk refuses."""
        outbox, before = self._house.opened_outbox, self._before
        if outbox is None:
            return
        counted, counters = outbox.counters, self._health.counters
        counters["records_committed"] = before.get("records_committed", 0) + counted["committed"]
        counters["records_dropped"] = before.get("records_dropped", 0) + counted["dropped"] + counted["shed"]
        if outbox.trouble:
            self._health.reasons["outbox"] = outbox.trouble
        else:
            self._health.well("outbox")
