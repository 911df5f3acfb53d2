"""The composition root: the one place of a node that constructs things.

Parts up to the gate are built at the start; those past it when they are first asked for, so that a wake which the
gate turns down never imports the ML runtime, paho or numpy, and never opens the outbox.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from node.carrier import Carrier
from node.cycle import Cycle
from node.downlink import Downlink
from node.energy.economy import Economy
from node.escalate.escalation import Escalation
from node.escalate.windows import Rationed
from node.gate import build as build_gate
from node.hal import open_ports
from node.health import FILE as HEALTH_FILE
from node.health import Health
from node.life import Life
from node.memory import forgets_nothing, read, recalled
from node.parts import load
from node.sleep.rest import Rest
from node.sleep.tempo import Tempo
from node.sleep.watchdog import Watchdog
from node.telling import Telling
from node.transmit.company import Machine
from node.transmit.schedule import phase
from node.transmit.uplink import Uplink
from node.values import BOOT_ID_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from node.carrier import Carry
    from node.config import Config
    from node.energy.means import Means
    from node.gate import Gate
    from node.hal import Ports
    from node.infer import Engine
    from node.options import Spec
    from node.policy.keeper import Keeper
    from node.policy.overlay import Laid
    from node.sense import Sensor
    from node.sleep.thrift import Fitting
    from node.transmit.company import Equipment
    from node.transmit.outbox import Outbox
    from node.update.room import Room
    from node.values import Features, Sample, Window
    from node.wire.messages import Desired


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
        self.given = self.config = config
        self.ports = ports or open_ports(config.node.board)
        self.boot_id = os.urandom(BOOT_ID_BYTES)
        self._started_s = self.ports.clock.monotonic_s()
        self.memory = recalled(seen(config))
        self.forgets_nothing = not dry_run and forgets_nothing(config)
        self.folder = _throwaway() if dry_run else config.node.state_dir
        with suppress(OSError):  # what is told will say so
            self.folder.mkdir(parents=True, exist_ok=True)
        self.ruled: Laid | None = None
        self.opened_outbox: Outbox | None = None
        self._dry_run = dry_run
        self.carrier = Carrier(config, self.ports.clock, self.boot_id, dry_run=dry_run, carry=carry)
        self._gate: Gate | None = None
        self._gate_memory = self.memory.gate
        self._gate_spec = config.gate
        self._closed = self._single = False
        self._closing = ExitStack()  # whatever fails, the rest is closed; in reverse
        self._engines: list[tuple[Spec, Engine]] = []
        self.keeper = self._policies()
        self._move_in()

    def _policies(self) -> Keeper | None:
        """Take up the policy that was in force, where the node follows any; what is built next is built under it."""
        if self.given.policy is None:
            return None
        from node.policy.keeper import Keeper

        keeper = Keeper(self.given, self.folder, self.ports.clock)
        self._overlay(keeper)
        return keeper

    def _overlay(self, keeper: Keeper) -> None:
        from node.policy.overlay import laid  # with nothing in force, a wake is spared the limits

        self.ruled = laid(self.given, keeper.settings) if keeper.settings else None
        self.config = self.ruled.config if self.ruled else self.given

    def _heed(self, desired: Desired | None) -> None:
        """Take up what the gateway wishes, and live by another policy where there is one; between wake and sense."""
        if desired is not None:
            self.economy.heed(desired)
        self.downlink.heed(desired)
        if self.carrier.inbox is not None:
            self.escalation.hear(self.carrier.inbox.answers())
        if self.keeper is None:
            return
        before = self.keeper.settings
        self.keeper.look()
        if desired is not None:
            self.keeper.hear(desired.policy)
        if self.keeper.settings != before:
            self._overlay(self.keeper)
            self._follow()

    def _heard(self) -> None:
        if self.keeper is not None:
            self.keeper.heard()

    def _follow(self) -> None:
        """Have the parts that are built live by the configuration of now; the others will be built by it."""
        config = self.config
        self.tempo.follow(
            period_s=config.sleep.period_s, interval_s=config.transmit.interval_s, alertness=config.alertness
        )
        self.economy.follow(config.dvfs, self._fitting() if config.energy else None)
        self.uplink.follow(config.transmit)
        self.escalation.follow(config.cascade)
        if self.opened_outbox is not None:
            self.opened_outbox.follow(config.outbox)
        if config.gate is not self._gate_spec:
            is_same_rule = config.gate.name == self._gate_spec.name
            self._gate_memory, self._gate = self.gate.memory() if is_same_rule else {}, None

    def _fitting(self) -> Fitting:
        from node.energy.means import fitting

        return fitting(self.config)

    def _move_in(self) -> None:
        """Build those who live here."""
        config = self.config
        self.health = Health(config.disabled)
        self.rest = Rest(config.sleep, self.ports)
        self._plan = partial(self.rest.plan, memory_is_on_disk=self.forgets_nothing)
        self.economy = Economy(self.ports, config.dvfs, self.folder, plan=self._plan, meter=config.meter)
        self.ledger = self.economy.ledger
        self.tempo = Tempo(
            period_s=config.sleep.period_s, interval_s=config.transmit.interval_s, alertness=config.alertness
        )
        self.windows = Rationed(config.record, self.memory.windows)
        self.escalation = Escalation(
            config.cascade, self.ports.clock, self.ledger, self.health.counters, self.memory.cascade, _message_bytes
        )
        self.cycle = Cycle(self, config.record, self.ports.clock, self.ledger, self.health)
        self.watchdog = Watchdog(self.ports.open_supervisor() if self.ports.open_supervisor else None, self.ports.clock)
        self.telling = Telling(self, config, self.ports, self.health, self.economy)
        if config.energy is not None:
            self.economy.means = self._means()
        self.downlink = Downlink(self, self, self.economy.means)
        self.life = Life(self, self.cycle, self.rest, self.tempo, self.economy, self.telling)
        if self._dry_run:
            self._closing.callback(_throw_away, self.folder)
        self._closing.callback(self.telling.save)
        self._closing.callback(self.downlink.close)
        self._closing.callback(self.economy.close)

    def _means(self) -> Means:
        from node.energy.means import Fitted, Means

        fitted = Fitted(meter=self.config.meter, harvest=self.config.harvest)
        return Means(self._fitting(), self.ports, self.ledger, self.tempo, self._plan, fitted)

    @cached_property
    def sensors(self) -> Mapping[str, Sensor]:
        """Those that every cycle reads."""
        return self._sensors(after_gate=False)

    @cached_property
    def lookers(self) -> Mapping[str, Sensor]:
        """Those that are read once the gate has opened."""
        return self._sensors(after_gate=True)

    @property
    def gate(self) -> Gate:
        """The rule, with what it remembered at the last halt."""
        if self._gate is None:
            self._gate = self._built_gate()
        return self._gate

    def _built_gate(self) -> Gate:
        channels = [channel for sensor in self.sensors.values() for channel in sensor.channels]
        self._gate_spec = self.config.gate
        gate = build_gate(self._gate_spec, {each.name: each.sentinels for each in channels if each.sentinels})
        gate.recall(self._gate_memory)
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

    @property
    def engine(self) -> Engine:
        """What answers, as the battery has it."""
        lighter = self.config.lighter if self.tempo.model else None
        return self._engine(lighter or self.config.infer)

    def _engine(self, spec: Spec) -> Engine:
        """Build an engine when it is first asked; one that was built stays, for it may be asked again."""
        for known, engine in self._engines:
            if known is spec:
                return engine
        updates = self.updates if spec is self.given.infer else None
        built = updates.engine if updates else cast("Engine", spec.build())
        self._engines.append((spec, built))
        self._closing.callback(self.cycle.stage, "infer", built.close)
        return built

    @cached_property
    def updates(self) -> Room | None:
        """What renews the model; None where nothing does."""
        if self.given.update is None or self._dry_run:
            return None
        from node.update.room import Room

        counters, told = self.health.counters, self.telling
        try:
            return Room(self.given.update, self.given.infer, self.folder, self.ports, told, counters)
        except OSError as error:  # the factory's model needs no room
            told.note("update", f"{error}; free the disk or replace it, then start the node again")
            return None

    @property
    def stays(self) -> bool:
        """Whether the process goes on after a wake."""
        return not self._single

    @property
    def up_s(self) -> float:
        """Seconds since this start."""
        return self.ports.clock.monotonic_s() - self._started_s

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

        framer = Framer(self.config.compress, self._widths())
        self.opened_outbox = outbox = Outbox(self.folder / "outbox.db", self.config.outbox, self.boot_id, framer.frame)
        self._closing.callback(outbox.close)
        return outbox

    @cached_property
    def uplink(self) -> Uplink:
        """How they leave; a node without `[mqtt]` keeps them."""
        machine = Machine(
            clock=self.ports.clock,
            sleeper=self.ports.sleeper,
            boot_id=self.boot_id,
            tempo=self.tempo,
            phase=phase(self.config.node.name),
            resident=not (self._single or self.memory.halted),
            next_ms=self.memory.next_ms,
            every_s=self.memory.every_s,
            heed=self._heed,
            heard=self._heard,
            guest=lambda: self.updates,
            vigil=self.downlink,
        )
        return Uplink(self.config.transmit, machine, self.telling, self._equip if self.carrier.carries else None)

    def _equip(self) -> Equipment:
        return self.carrier.equip(self.outbox, self.folder)

    def run(self, *, cycles: int | None = None) -> int:
        """Live: cycle after cycle until told to stop, until `cycles` are done, or until a recording is over.

        Args:
            cycles: None for no end; 1 is a single wake, and what it counts is added to what earlier wakes counted.

        Returns:
            The exit code.
        """
        self._single = cycles == 1
        return self.life.run(cycles)

    def stop(self) -> None:
        """End the loop after the current cycle; safe in a signal handler."""
        self.life.stop()

    def close(self, *, for_good: bool = True) -> None:
        """Deliver what is left where the node stops for good, close what is open, leave the state on disk."""
        if self._closed:
            return
        self._closed = self.telling.ending = True
        with self._closing:
            for_good = for_good or self._dry_run  # a throwaway folder has no next wake
            self.cycle.stage("transmit", self.uplink.close, for_good=for_good)

    def _widths(self) -> Mapping[str, int]:
        sensors = (*self.sensors.values(), *self.lookers.values())
        return {channel.name: channel.width for sensor in sensors for channel in sensor.channels}

    def _sensors(self, *, after_gate: bool) -> Mapping[str, Sensor]:
        from node.sense.late import Late

        sensors = {
            name: Late(
                partial(source.spec.build, self.ports),
                self._forget_gate,
                timeout_s=None if _is_instant(source.spec.target) else source.timeout_s,
            )
            for name, source in self.config.sense.items()
            if source.after_gate is after_gate
        }
        for sensor in sensors.values():
            self._closing.callback(self.cycle.stage, "sense", sensor.close)
        return sensors

    def _forget_gate(self) -> None:
        """A sensor that opened late brings the values by which it says "no reading": the gate must learn them."""
        if self._gate is not None:
            self._gate_memory, self._gate = self._gate.memory(), None


def _is_instant(target: str) -> bool:
    """Whether a sensor waits for no device; one that cannot be imported says why at its first read."""
    with suppress(ImportError, AttributeError):
        return bool(getattr(load(target), "instant", False))
    return False


def _message_bytes(window: Window) -> int:
    from node.transmit import raw  # of a node that is sure of its windows, nothing is measured

    return raw.size_bytes(window)


def _throwaway() -> Path:
    import tempfile

    return Path(tempfile.mkdtemp(prefix="torpor-dry-"))


def _throw_away(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder)
