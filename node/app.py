"""The composition root: the one place of a node that constructs things.

Parts up to the gate are built at the start; those past it when they are first asked for, so that a wake which the
gate turns down never imports the ML runtime, paho or numpy, and never opens the outbox.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from node.cycle import Cycle
from node.economy import Economy
from node.gate import build as build_gate
from node.hal import open_ports
from node.health import FILE as HEALTH_FILE
from node.health import Health
from node.memory import counters, forgets_nothing, read, table
from node.sense import EndOfData
from node.sleep.deadline import next_due
from node.sleep.rest import Rest
from node.transmit.uplink import Equipment, Machine, Uplink
from node.values import BOOT_ID_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from node.config import Config
    from node.errors import LinkError
    from node.gate import Gate
    from node.hal import Ports
    from node.infer import Engine
    from node.sense import Sensor
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox
    from node.transmit.session import Delivery
    from node.transmit.uplink import Courier
    from node.values import Features, Nap, Sample
    from node.wire.messages import Health as HealthMessage
    from node.wire.messages import Reported

    Carry = Callable[[Outbox, Inbox], Courier]

log = logging.getLogger(__name__)


def seen(config: Config) -> Mapping[str, object]:
    """Return what the node last said of itself on disk; empty where it never ran."""
    return read(config.node.state_dir / HEALTH_FILE)


class App:
    """One node, put together; also the `House` that its cycle asks for parts."""

    def __init__(
        self, config: Config, *, ports: Ports | None = None, dry_run: bool = False, carry: Carry | None = None
    ) -> None:
        """Build what every cycle needs.

        Args:
            config: as it was read, what had to be left out marked so.
            ports: the machine; None opens the one that the configuration names.
            dry_run: publish nothing.
            carry: makes who carries; None for the session with the broker that the configuration names.
        """
        self.config = config
        self.ports = ports or open_ports(config.node.board)
        self.boot_id = os.urandom(BOOT_ID_BYTES)
        self.health = Health(config.disabled)
        self._dry_run = dry_run
        self._carry = carry or self._configured_carry()
        kept = config.transmit.stays_connected  # a link that is kept must be served: no deeper than waiting
        self.rest = Rest(replace(config.sleep, deepest="light") if kept else config.sleep, self.ports)
        self._halting: Nap | None = None
        self._stopping = self._closed = False
        self._started_s = self.ports.clock.monotonic_s()
        self._folder = _throwaway() if dry_run else config.node.state_dir
        with suppress(OSError):  # `save` will tell
            self._folder.mkdir(parents=True, exist_ok=True)
        self._memory = table(seen(config).get("memory"))
        self._before: Mapping[str, int] = {}
        self.economy = Economy(self.ports, config.dvfs, self._folder)
        self.ledger = self.economy.ledger
        self.cycle = Cycle(self, config.record, self.ports.clock, self.ledger, self.health)

    @cached_property
    def sensors(self) -> Mapping[str, Sensor]:
        """Those that every cycle reads."""
        return self._sensors(after_gate=False)

    @cached_property
    def lookers(self) -> Mapping[str, Sensor]:
        """Those that are read once the gate has opened."""
        return self._sensors(after_gate=True)

    @cached_property
    def gate(self) -> Gate:
        """The rule, with what it remembered at the last halt."""
        channels = [channel for sensor in self.sensors.values() for channel in sensor.channels]
        gate = build_gate(self.config.gate, {each.name: each.sentinels for each in channels if each.sentinels})
        gate.recall(cast("Mapping[str, float]", table(self._memory.get("gate"))))
        return gate

    @cached_property
    def chain(self) -> Callable[[Sample], Features] | None:
        """From a sample to what the model is shown."""
        left_out = {"start", "preprocess"} & self.config.disabled.keys()
        return None if self.config.start is None or left_out else self._show

    def _show(self, sample: Sample) -> Features:
        return self._transform(sample)  # built by its first sample, inside the stage that answers for it

    @cached_property
    def _transform(self) -> Callable[[Sample], Features]:
        from node.preprocess.chain import Chain
        from node.preprocess.start import Start

        assert self.config.start, "else there is no chain"
        start, chain = Start(self.config.start), Chain(self.config.preprocess)
        return lambda sample: chain.apply(start.features(sample))

    @cached_property
    def engine(self) -> Engine:
        """What answers."""
        return cast("Engine", self.config.infer.build())

    @cached_property
    def plain(self) -> Engine:
        """The readings themselves, for when the engine cannot answer."""
        from node.infer.readings import Params, Readings

        return Readings(Params())

    @cached_property
    def outbox(self) -> Outbox:
        """Where answers wait until the gateway has them."""
        from node.compress.framer import Framer
        from node.transmit.outbox import Outbox

        return Outbox(
            self._folder / "outbox.db",
            self.config.outbox,
            self.boot_id,
            Framer(self.config.compress, self._widths()).frame,
        )

    @cached_property
    def uplink(self) -> Uplink:
        """How they leave; a node without `[mqtt]` keeps them."""
        last_ms = self._memory.get("last_ms")
        machine = Machine(
            clock=self.ports.clock,
            sleeper=self.ports.sleeper,
            boot_id=self.boot_id,
            period_s=self.config.sleep.period_s,
            last_ms=last_ms if isinstance(last_ms, int) else None,
        )
        return Uplink(self.config.transmit, machine, self, self._equip if self._carry else None)

    def _equip(self) -> Equipment:
        from node.transmit.inbox import Inbox

        assert self._carry, "a node without a broker has no use for it"
        inbox = Inbox(self._folder / "desired.cbor")
        return Equipment(outbox=self.outbox, inbox=inbox, session=self._carry(self.outbox, inbox))

    def _configured_carry(self) -> Carry | None:
        if self._dry_run:
            return self._dry
        return self._session if self.config.mqtt else None

    def _session(self, outbox: Outbox, inbox: Inbox) -> Courier:
        from node.transmit.session import Session, Who

        assert self.config.mqtt, "without it there is no session"
        who = Who(site=self.config.node.site, node=self.config.node.name, boot_id=self.boot_id)
        return Session(self.config.mqtt, who, self.ports.clock, outbox, inbox)

    def _dry(self, outbox: Outbox, _inbox: Inbox) -> Courier:
        from node.transmit.dry import DrySession

        topic = f"torpor/1/{self.config.node.site}/{self.config.node.name}/"
        return DrySession(topic, outbox, print)

    # The rhythm.

    def run(self, *, cycles: int | None = None) -> int:
        """Go round until told to stop, until `cycles` are done, or until a recording is over.

        Args:
            cycles: None for no end; 1 is a single wake, and what it counts is added to what earlier wakes counted.

        Returns:
            The exit code: 0.
        """
        single = cycles == 1
        woken = single or self._memory.get("halted") is True
        if woken:
            self._before = counters(self._memory.get("counters"))
            self.health.counters.update(self._before)
        self.economy.begin(single=woken)
        self.economy.set_clocks(self.health, self.config.sleep.period_s)
        with self._listening():
            try:
                self._go_round(cycles)
            except EndOfData as end:
                log.info("the recording is over: %s", end)
            finally:
                gone = self._halting is not None and self._halt(self._halting)
                self.close(for_good=self._dry_run or not single)  # a throwaway folder has no next wake
        return 0 if gone or self._halting is None else 1  # to be started again: it should have gone down

    def _go_round(self, cycles: int | None) -> None:
        done, due_s = 0, self.ports.clock.monotonic_s()
        while not self._stopping:
            self.cycle.run()
            done += 1
            if done == cycles:
                break
            due_s = self._nap(due_s)

    def _nap(self, last_s: float) -> float:
        """Sleep until the next deadline, and return it."""
        due = next_due(last_s=last_s, now_s=self.ports.clock.monotonic_s(), period_s=self.config.sleep.period_s)
        self.health.counters["deadlines_skipped"] += due.skipped
        if "outbox" in self.__dict__ and not self.outbox.trouble and self.outbox.due(due.at_s):
            self.cycle.stage("compress", self.outbox.commit)  # else its records outwait `outbox.group_s`
        while not self._stopping:
            gap_s = due.at_s - self.ports.clock.monotonic_s()
            nap = self.rest.plan(gap_s, memory_is_on_disk=not self._dry_run and forgets_nothing(self.config))
            if nap.duration_s <= 0.0:
                break
            if self.rest.loses_memory(nap):
                self._halting, self._stopping = nap, True  # `run` goes down with it
                break
            self.ledger.rest()
            self.ledger.sleep(nap.state, self.rest.nap(nap, self.uplink.nap))
        return due.at_s

    def _halt(self, nap: Nap) -> bool:
        """Book the nap, leave all on disk, and take the machine down; whether it goes."""
        book = partial(self.ledger.sleep, nap.state, nap.duration_s)
        return self.rest.halt(nap, [book, partial(self.close, for_good=False)])

    def stop(self) -> None:
        """End the loop after the current cycle; safe in a signal handler."""
        self._stopping = True
        self.uplink.wake()

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Stop at SIGTERM and SIGINT; signals reach the main thread alone, and are given back after."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, lambda *_: self.stop()) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def close(self, *, for_good: bool = True) -> None:
        """Deliver what is left where the node stops for good, close what is open, leave the state on disk."""
        if self._closed:
            return
        self._closed = True
        with ExitStack() as last:  # whatever fails, the rest is closed; in reverse
            if self._dry_run:
                last.callback(_throw_away, self._folder)
            last.callback(self.save)
            last.callback(self.economy.close)
            if "engine" in self.__dict__:
                last.callback(self.engine.close)
            for sensor in (*self.sensors.values(), *self.lookers.values()):
                last.callback(sensor.close)
            last.callback(self._close_outbox)
            self.cycle.stage("transmit", self.uplink.close, for_good=for_good)

    def _close_outbox(self) -> None:
        if "outbox" in self.__dict__:
            try:
                self.outbox.close()
            finally:
                self._count_outbox()

    # Telling; the uplink's `Teller`.

    def health_message(self) -> HealthMessage:
        """How the node is, for the gateway."""
        self._count_outbox()
        return self.health.message(
            boot_id=self.boot_id,
            clock=self.ports.clock,
            uptime_s=self.ports.clock.monotonic_s() - self._started_s,
            energy_mj=self.ledger.energy_mj(),
            gauges=self.ledger.snapshot(),
        )

    def reported(self, desired_version: int) -> Reported:
        """What the node runs on: the version it obeys, and the units of what it records."""
        from node.wire.messages import Reported

        channels = [channel for sensor in self.sensors.values() for channel in sensor.channels]
        units = {channel.name: channel.unit for channel in channels if channel.unit}
        return Reported(version=desired_version, streams={self.config.record.stream: units})

    def delivered(self, delivery: Delivery) -> None:
        """Count a transmission; leave the state on disk, for it is a good moment."""
        counters = self.health.counters
        counters["transmissions"] += 1
        counters["frames_sent"] += delivery.sent
        counters["bytes_published"] += delivery.bytes_published
        counters["records_receipted"] += delivery.receipted
        if delivery.reason:
            self.health.link_fails(delivery.reason)
        else:
            self.health.well("link")
        self.economy.set_clocks(self.health, self.config.sleep.period_s)
        self.save()

    def unreachable(self, error: LinkError) -> None:
        """Count a transmission that found nobody."""
        self.health.link_fails(str(error))
        self.save()

    def save(self) -> None:
        """Leave the state on disk: for people, and for the next wake."""
        self._count_outbox()
        memory = {
            "gate": self.gate.memory(),
            "last_ms": self.uplink.last_ms,
            "counters": dict(self.health.counters),
            "halted": self._halting is not None,
        }
        more = {"awake_s": self.ledger.awake_s(), "energy_mj": self.ledger.total_mj(), "memory": memory}
        try:
            self.health.save(self._folder, more)
            self.economy.store()
        except OSError as error:  # a node without a disk still has a radio
            self.health.reasons["state"] = f"{self._folder}: {error.strerror}; free the disk or replace it"
        else:
            self.health.well("state")

    def _count_outbox(self) -> None:
        if "outbox" not in self.__dict__:
            return
        counted, before = self.outbox.counters, self._before
        self.health.counters["records_committed"] = before.get("records_committed", 0) + counted["committed"]
        self.health.counters["records_dropped"] = (
            before.get("records_dropped", 0) + counted["dropped"] + counted["shed"]
        )
        if self.outbox.trouble:
            self.health.reasons["outbox"] = self.outbox.trouble
        else:
            self.health.well("outbox")

    def _widths(self) -> Mapping[str, int]:
        sensors = (*self.sensors.values(), *self.lookers.values())
        return {channel.name: channel.width for sensor in sensors for channel in sensor.channels}

    def _sensors(self, *, after_gate: bool) -> Mapping[str, Sensor]:
        from node.sense.late import Late

        return {
            name: Late(partial(source.spec.build, self.ports), self._forget_gate)
            for name, source in self.config.sense.items()
            if source.after_gate is after_gate
        }

    def _forget_gate(self) -> None:
        """A sensor that opened late brings the values by which it says "no reading": the gate must learn them."""
        gate = self.__dict__.pop("gate", None)
        if gate is not None:
            self._memory = {**self._memory, "gate": gate.memory()}


def _throwaway() -> Path:
    import tempfile

    return Path(tempfile.mkdtemp(prefix="torpor-dry-"))


def _throw_away(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder)
