"""A season of the real node, boot after boot, in virtual time: its sensors, its network and the time that it computes.

The node is `node.app.App` with its own configuration, its own models, its own outbox and its own books; joules are
what its ledger booked. What a Zero 2 W would take to compute cannot be measured here: `Work` states it, and it passes
on the virtual clock where the node would spend it.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import boards
from boards.dvfs import open_throttle
from boards.sim.bed import VirtualBed
from boards.sim.clock import START_MS, VirtualClock, VirtualSleeper
from boards.sleeping.tree import Tree
from node.app import App
from node.config import load_strictly
from node.hal import Transition
from node.options import Spec
from tools.simulate.courier import Air, Courier, Gateway
from tools.simulate.irrigation.outfit import Clocks, Standing, Timed, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from boards.schema import BoardData
    from node.config import Config
    from node.hal import OperatingPoint
    from node.infer import Engine
    from node.sense import Sensor
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox
    from tools.simulate.irrigation.settings import Setting

BOARD: Final = "rpi-zero-2w"
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder in memory: a season commits thousands of times
HOUR_S: Final = 3600.0


@dataclass(slots=True, kw_only=True)
class Season:
    """What became of it.

    Attributes:
        span_s: how long it was.
        energy_mj: by stage, after the node's ledger.
        seconds: by stage.
        counters: the node's own, over all of its starts.
        gauges: what its ledger tells of itself.
        times_s: when each row that the gateway has was sampled, from the season's start, in order.
        right: pictures that were read right.
        trace: hour by hour, what was drawn so far by stage, in mJ.
    """

    span_s: float
    energy_mj: Mapping[str, float]
    seconds: Mapping[str, float]
    counters: Counter[str]
    gauges: Mapping[str, float]
    times_s: Sequence[float]
    right: int
    trace: Sequence[Mapping[str, float]]

    @property
    def stages_mw(self) -> dict[str, float]:
        """The mean draw by stage."""
        return {stage: mj / self.span_s for stage, mj in self.energy_mj.items() if mj}

    @property
    def power_mw(self) -> float:
        """The mean draw."""
        return sum(self.stages_mw.values())


class Station(App):
    """The node, but for the time that its engine takes."""

    timed: Callable[[Engine], Engine]

    @cached_property
    def engine(self) -> Engine:
        """The node's own engine, timed."""
        return self.timed(super().engine)


class Field:
    """Where a node stands for a season."""

    def __init__(self, setting: Setting, work: Work, folder: Path) -> None:
        """Set the node up.

        Args:
            setting: its configuration.
            work: what the board computes.
            folder: where its disk is.
        """
        path = folder / "node.toml"
        path.write_text(setting.text())
        for name, content in setting.files.items():
            (folder / name).write_text(content)
        self.clock = VirtualClock()
        self.work = work
        self.board = _worked(boards.load_board(BOARD), work)
        self.clocks = Clocks(points(self.board))
        sleeper = VirtualSleeper(self.clock)
        self.ports = replace(
            boards.open_ports(BOARD, clock="virtual"),
            board=self.board,
            clock=self.clock,
            sleeper=sleeper,
            open_bed=lambda bedding: VirtualBed(self.board, self.clock, sleeper, bedding.savings),
            open_throttle=lambda: self.clocks,
        )
        self.config = self._standing(load_strictly(path))
        self.gateway = Gateway()
        self._air = Air(
            gateway=self.gateway,
            spend=self.clock.advance,
            join_s=self.board.fittings.radio[0].session.time_ms / 1000.0,
            import_s=work.link_s,
        )
        self.right = 0
        self.app: Station | None = None

    def live(self, span_s: float) -> Season:
        """Live through a season of so much virtual time."""
        trace: list[Mapping[str, float]] = []
        for hour in range(1, int(span_s / HOUR_S) + 1):
            self.clock.at(hour * HOUR_S, lambda: trace.append(self._drawn_mj()))
        self.clock.at(span_s, self._stop)
        while self.clock.monotonic_s() < span_s:
            self._start()
        app = cast("Station", self.app)
        return Season(
            span_s=self.clock.monotonic_s(),
            energy_mj=self._drawn_mj(),
            seconds={stage: each.seconds for stage, each in app.ledger.accounts.items()},
            counters=app.health.counters.copy(),
            gauges=app.ledger.snapshot(),
            times_s=sorted((each - START_MS) / 1e3 for each in self.gateway.times_ms),
            right=self.right,
            trace=trace,
        )

    def _start(self) -> None:
        """Be up from one boot to the next halt, or to the end."""
        timed: list[Timed] = []

        def time_it(engine: Engine) -> Engine:
            timed.append(Timed(engine, self._compute, self.work.load_s, self._invoke_s))
            return timed[-1]

        self.app = Station(self.config, ports=self.ports, carry=self._carry)
        self.app.timed = time_it
        code = self.app.run()
        assert code == 0, "a simulated machine goes down when it is told to"
        self.right += sum(each.right for each in timed)

    def _stop(self) -> None:
        if self.app is not None:
            self.app.stop()

    def _carry(self, outbox: Outbox, inbox: Inbox) -> Courier:
        return Courier(outbox, inbox, replace(self._air, import_s=self.work.link_s * self.clocks.slowness))

    def _compute(self, seconds: float) -> None:
        self.clock.advance(seconds * self.clocks.slowness)

    @property
    def _invoke_s(self) -> float:
        model = getattr(self.config.infer.params, "model", Path())
        return self.work.invoke_s.get(model.stem, 0.0)

    def _drawn_mj(self) -> dict[str, float]:
        accounts = self.app.ledger.accounts if self.app else {}
        return {stage: each.measured_mj + each.modelled_mj for stage, each in accounts.items()}

    def _standing(self, config: Config) -> Config:
        """Let what was recorded go on while the node is off."""
        place = f"{Standing.__module__}:"
        sense = {
            name: replace(source, spec=self._kept(place, source.spec, after_gate=source.after_gate))
            for name, source in config.sense.items()
        }
        return replace(config, sense=sense)

    def _kept(self, place: str, spec: Spec, *, after_gate: bool) -> Spec:
        sensor = cast("Sensor", spec.build(self.ports))
        if after_gate:
            return Spec(spec.name, place + "Camera", (sensor, self.clock, self.work))
        return Spec(spec.name, place + "Standing", sensor)


def points(board: BoardData) -> Sequence[OperatingPoint]:
    """Return the board's clocks, with what it draws busy at each."""
    return open_throttle(board, board.fittings, Tree()).points


def lived(setting: Setting, work: Work, span_s: float) -> Season:
    """Live through a season in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        return Field(setting, work, Path(folder)).live(span_s)


def _worked(board: BoardData, work: Work) -> BoardData:
    """Count the node's own start to the boot, for no stage of a cycle sees it, and change what is to be changed."""
    active, off = board.states["active"], board.states["off"]
    if work.active_mw is not None:
        active = replace(active, power_mw=work.active_mw)
    boot_s = off.exit.time_s if work.boot_s is None else work.boot_s
    boot_mj = off.exit.energy_mj * boot_s / off.exit.time_s
    started = Transition(time_s=boot_s + work.start_s, energy_mj=boot_mj + work.start_s * active.power_mw)
    return replace(board, states={**board.states, "active": active, "off": replace(off, exit=started)})
