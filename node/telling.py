"""What a node says of itself: over the air to the gateway, and on disk to people and to its next start.

The uplink's `Teller`. It asks the house for what it tells, and opens nothing: where no answer was kept yet there is
no outbox to count.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Protocol

from node.health import LONGEST
from node.memory import Memory
from node.values import Traffic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from node.carrier import Carrier
    from node.config import Config
    from node.downlink import Downlink
    from node.energy.economy import Economy
    from node.errors import LinkError
    from node.escalate.escalation import Escalation
    from node.escalate.windows import Rationed
    from node.gate import Gate
    from node.hal import Ports
    from node.health import Health
    from node.policy.keeper import Keeper
    from node.policy.overlay import Laid
    from node.sense import Sensor
    from node.sleep.rest import Rest
    from node.sleep.tempo import Tempo
    from node.transmit.outbox import Outbox
    from node.transmit.session import Delivery
    from node.transmit.uplink import Uplink
    from node.update.room import Room
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
    def lookers(self) -> Mapping[str, Sensor]:
        """Those that are read once the gate has opened."""
        ...

    @property
    def gate(self) -> Gate:
        """The rule, which has something to remember."""
        ...

    @property
    def windows(self) -> Rationed:
        """Which raw windows are kept, so many a day."""
        ...

    @property
    def escalation(self) -> Escalation:
        """Who asks a larger model."""
        ...

    @property
    def opened_outbox(self) -> Outbox | None:
        """Where answers wait; None before the first one."""
        ...

    @property
    def carrier(self) -> Carrier:
        """Who carries them to the broker, and what comes in."""
        ...

    @property
    def keeper(self) -> Keeper | None:
        """Who keeps the policies; None where none is followed."""
        ...

    @property
    def ruled(self) -> Laid | None:
        """What of the policy in force is followed; None where none is in force."""
        ...

    @property
    def rest(self) -> Rest:
        """A time asleep, which may be refused."""
        ...

    @property
    def tempo(self) -> Tempo:
        """How fast the node lives."""
        ...

    @property
    def uplink(self) -> Uplink:
        """How they leave, and when they next do."""
        ...

    @property
    def downlink(self) -> Downlink:
        """What the gateway asked of the node, and what came of it."""
        ...

    @property
    def updates(self) -> Room | None:
        """What renews the model; None where nothing does."""
        ...


class Telling:
    """Tells, and remembers what this start is to leave for the next."""

    def __init__(self, house: House, config: Config, ports: Ports, health: Health, economy: Economy) -> None:
        """Begin to count the uptime; the arguments are what their names say."""
        self._house = house
        self._config = config
        self._clock = ports.clock
        self._board_id = ports.board.id
        self._health = health
        self._economy = economy
        self._before: Mapping[str, int] = {}
        self._traffic = Traffic()
        self._started_s = ports.clock.monotonic_s()
        self.halting = ""
        """The state that the machine is being sent into; the next start goes on where this one ends."""
        self.alarm_ms: int | None = None
        """When it is to come back, by the wall clock."""
        self.ending = False
        """What is saved from now on is a goodbye; a life that leaves none was cut short."""

    def go_on(self, counters: Mapping[str, int]) -> None:
        """Count on from where an earlier start ended, as one life of many wakes."""
        self._before = counters
        self._health.counters.update(counters)

    def sentence(self) -> str:
        """How the node is, in one line."""
        self._look_around()
        return self._health.sentence()

    def health_message(self) -> HealthMessage:
        """How the node is, for the gateway."""
        self._look_around()
        return self._health.message(
            boot_id=self._house.boot_id,
            clock=self._clock,
            uptime_s=self._clock.monotonic_s() - self._started_s,
            energy_mj=self._economy.ledger.energy_mj(),
            gauges=self._economy.ledger.snapshot() | self.gauges(),
            info=self._info(),
        )

    def reported(self, desired_version: int) -> Reported:
        """What the node runs on: the version it obeys, and the units of what it records."""
        from node.wire.messages import Reported

        sensors = (*self._house.sensors.values(), *self._house.lookers.values())
        channels = [channel for sensor in sensors for channel in sensor.channels]
        units = {channel.name: channel.unit for channel in channels if channel.unit}
        keeper, ruled = self._house.keeper, self._house.ruled
        addressed: dict[str, float | str] = {}
        if keeper and keeper.group:
            addressed["policy.group"] = keeper.group
        if keeper and keeper.newest > keeper.counter:
            addressed["policy.newest"] = keeper.newest
        model, update = self._house.updates.told() if self._house.updates else ("", {})
        downlink = self._house.downlink
        if downlink.awake_until_ms:
            addressed["lease.until_ms"] = downlink.awake_until_ms
        return Reported(
            version=desired_version,
            policy_counter=keeper.counter if keeper else 0,
            settings={
                **(self._rhythm() if self._config.energy else {}),
                **addressed,
                **(ruled.settings if ruled else {}),
            },
            refused={**(ruled.told if ruled else {}), **(keeper.told if keeper else {}), **downlink.refused},
            model=model,
            update=update,
            streams={self._config.record.stream: units},
            commands=downlink.commands,
            findings=downlink.findings,
        )

    def gauges(self) -> dict[str, float]:
        """Return how the battery stands."""
        return self._economy.means.gauges() if self._economy.means else {}

    def _rhythm(self) -> dict[str, float | str]:
        """Return how the node lives now, where that is not how it was configured."""
        tempo = self._house.tempo
        settings: dict[str, float | str] = {
            "period_s": round(tempo.steady_s, 1),
            "interval_s": round(tempo.interval_s, 1),
        }
        return settings | ({"model": tempo.model} if self._config.lighter else {})

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
        self._economy.set_clocks(self._health, self._house.tempo.steady_s)
        self.save()

    def carried(self, traffic: Traffic) -> None:
        """Count what went over the air since this was told last, and book what it took."""
        new, self._traffic = traffic.since(self._traffic), traffic
        counters = self._health.counters
        counters["connections"] += new.connections
        counters["air_bytes_sent"] += new.sent_bytes
        counters["air_bytes_received"] += new.received_bytes
        self._economy.carried(new)

    def unreachable(self, error: LinkError) -> None:
        """Count a transmission that found nobody."""
        self._health.link_fails(str(error))
        self.save()

    def stay_up(self) -> None:
        """Leave on disk that the machine was not sent anywhere after all, and what refused."""
        self.halting, self.alarm_ms = "", None
        self.save()

    def save(self) -> None:
        """Leave the state on disk: for people, and for the next start."""
        self._look_around()
        ledger = self._economy.ledger
        transmit_s = ledger.accounts["transmit"].seconds
        more = {
            "awake_s": ledger.awake_s(),
            "transmit_s": transmit_s,
            "energy_mj": ledger.total_mj(),
            "memory": asdict(self._memory()),
        }
        try:
            self._health.save(self._house.folder, more)
            self._economy.store()
        except OSError as error:  # a node without a disk still has a radio
            self._health.reasons["state"] = f"{self._house.folder}: {error.strerror}; free the disk or replace it"
        else:
            self._health.well("state")

    def _info(self) -> dict[str, str]:
        """What a reader of the numbers must know: whose joules they are, why it lives so, what it would not hear."""
        ledger, means, inbox = self._economy.ledger, self._economy.means, self._house.carrier.inbox
        told = {
            "board": self._board_id,
            "meter": self._economy.metering.name,
            "meter_scope": ledger.scope,
            "meter_quality": ledger.quality,
            "energy": means.reason[:LONGEST] if means else "",
            "refused": inbox.refused if inbox else "",
            "answer": self._house.escalation.newest[:LONGEST],
        }
        return {name: word for name, word in told.items() if word}

    def _memory(self) -> Memory:
        return Memory(
            gate=self._house.gate.memory(),
            next_ms=self._house.uplink.next_ms,
            every_s=self._house.uplink.every_s,
            tempo=self._house.tempo.memory(),
            counters=dict(self._health.counters),
            windows=self._house.windows.memory(),
            cascade=self._house.escalation.memory(),
            halted=self.halting,
            alarm_ms=self.alarm_ms,
            ended=self.ending,
            waits=self._economy.means.waits if self._economy.means else 0,
            refused=dict(self._house.rest.refused),
        )

    def _look_around(self) -> None:
        """Take up what the parts that are open counted, and what they could not do."""
        outbox, carrier = self._house.opened_outbox, self._house.carrier
        refused = [f"{state}: {reason}" for state, reason in self._house.rest.refused.items()]
        self.note("sleep", "; ".join(refused))
        self.note("savings", "; ".join(self._house.rest.unsaved.values()))
        self.note("meter", self._economy.meter_trouble)
        self.note("harvest", self._economy.means.trouble if self._economy.means else "")
        self.note("broker", carrier.session.trouble if carrier.session else "")
        self.note("certificate", carrier.renewal.trouble if carrier.renewal else "")
        self.note("outbox", outbox.trouble if outbox else "")
        if outbox is not None:
            self._count(outbox)
        if carrier.inbox is not None:
            malformed = carrier.inbox.counters["malformed"]
            self._health.counters["messages_refused"] = self._before.get("messages_refused", 0) + malformed

    def _count(self, outbox: Outbox) -> None:
        before = self._before
        counted, counters = outbox.counters, self._health.counters
        counters["windows_kept"] = before.get("windows_kept", 0) + counted["windows"]
        counters["windows_refused"] = before.get("windows_refused", 0) + counted["windows_refused"]
        counters["records_committed"] = before.get("records_committed", 0) + counted["committed"]
        counters["records_dropped"] = before.get("records_dropped", 0) + counted["dropped"] + counted["shed"]

    def note(self, concern: str, reason: str) -> None:
        """Keep a reason for health; an empty one takes it back."""
        if reason:
            self._health.reasons[concern] = reason
        else:
            self._health.well(concern)
