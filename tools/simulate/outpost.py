"""An outpost: the real node, boot after boot on the virtual clock, on a panel and a battery that its own books drain.

The node is `node.app.App` with its file, its disk and its ledger: guard, controller, planner, gate, model, outbox and
reports are what runs in the field. It feels the air of its sky, and where that has moved, it reads a water meter: real
pictures of digits, through the shipped model. A power controller cuts it off between samples and lets it boot for the
next, so each sample is a start, and each picture a model loaded anew; where the battery's protection cuts, the node is
dead until it connects again. The network and the gateway are played, and so is the time that a Zero 2 W computes.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import boards
from boards.sim.bed import VirtualBed
from boards.sim.cell import Cell
from boards.sim.clock import VirtualClock, VirtualSleeper
from boards.sim.solar import Panel
from node.config import load_strictly
from node.options import Spec
from node.sleep.rhythm import Limits, Rhythm
from node.values import Channel, Reading
from tools.simulate.courier import Air, Courier, Gateway
from tools.simulate.irrigation import settings
from tools.simulate.irrigation.outfit import Camera, Timed, Work
from tools.simulate.irrigation.season import Station
from tools.simulate.life import HOUR_S, MJ_A_WH, Life
from tools.simulate.station import Size
from tools.simulate.weather import Hour

if TYPE_CHECKING:
    from multiprocessing.context import SpawnContext

    from node.config import Config
    from node.hal import Ports
    from node.infer import Engine
    from node.sense import Sensor
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox

BOARD: Final = "rpi-zero-2w"
MODEL: Final = settings.ZOO / "digits_int8.tflite"
DELTA_C: Final = 0.5
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a fresh folder in it: a year commits tens of thousands of times
NODE: Final = """
[node]
site = "field"
name = "outpost"
board = "{board}"
battery_wh = {battery_wh}
[sense.air]
part = "signal"
channel = "temperature"
unit = "Cel"
{camera}
[gate]
part = "send_on_delta"
channels = ["temperature"]
delta = {delta_c}
[infer]
part = "tflite"
model = "{model}"
[record]
stream = "meter"
keep = ["temperature"]
[transmit]
interval_s = {interval_s}
[sleep]
period_s = {period_s}
deepest = "off"
controller = "wittypi4"
"""
ENERGY: Final = """
[energy]
fastest_s = {fastest_s}
slowest_s = {slowest_s}
eager_s = {eager_s}
patient_s = {patient_s}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pole:
    """What an outpost is bolted to, and what of it is not the node's own.

    Attributes:
        size: panel and battery.
        sky: hour by hour; as long as the outpost lives.
        work: what the board computes and waits for, all of it at the full draw of a busy one.
    """

    size: Size
    sky: Sequence[Hour]
    work: Work


def air_c(sky: Sequence[Hour], at_s: float) -> float:
    """Return how warm it is, between the hours."""
    at_h = at_s / HOUR_S
    before, after = (sky[min(int(at_h) + more, len(sky) - 1)].air_c for more in (0, 1))
    return round(before + (after - before) * (at_h % 1.0), 2)


class Thermometer:
    """Reads the air; the node's start passes in it."""

    instant: Final = True
    channels = (Channel(name="temperature", unit="Cel"),)

    def __init__(self, fitted: tuple[Pole, VirtualClock], _ports: Ports) -> None:
        """Stand in the field."""
        self._pole, self._clock = fitted

    def read(self) -> Reading:
        """Take the time, and the temperature between the hours."""
        self._clock.advance(self._pole.work.start_s)
        return Reading(values={"temperature": air_c(self._pole.sky, self._clock.monotonic_s())})

    def close(self) -> None:
        """Leave it standing."""


class Outpost:
    """The node, its sky and its battery."""

    def __init__(self, folder: Path, text: str, pole: Pole) -> None:
        """Plant it.

        Args:
            folder: where its file and its state are.
            text: its file.
            pole: what it hangs on.
        """
        path = folder / "node.toml"
        path.write_text(text)
        self.clock = VirtualClock()
        self.cell = Cell(pole.size.battery_wh * MJ_A_WH)
        self.gateway = Gateway()
        self.counters: Counter[str] = Counter()
        self.life = Life()
        self._pole = pole
        self._panel = Panel(peak_w=pole.size.panel_w)
        self.right = 0
        self._app: Station | None = None
        self._settled_s = self._settled_mj = 0.0
        self._told: Callable[[int], None] = lambda _: None
        board, sleeper = boards.load_board(BOARD), VirtualSleeper(self.clock)
        self._ports = replace(
            boards.open_ports(BOARD, clock="virtual"),
            board=board,
            clock=self.clock,
            sleeper=sleeper,
            open_bed=lambda _: VirtualBed(board, self.clock, sleeper),
            open_gauge=lambda _: self.cell,
        )
        self._config = self._fitted(load_strictly(path))
        join_s = board.fittings.radio[0].session.time_ms / 1000.0
        self._air = Air(gateway=self.gateway, spend=self.clock.advance, join_s=join_s, import_s=pole.work.link_s)

    def live(self, told: Callable[[int], None] = lambda _: None) -> Life:
        """Live as long as there is a sky.

        Args:
            told: hears of each hour that is over.
        """
        end_s, self._told = len(self._pole.sky) * HOUR_S, told
        self.clock.at(HOUR_S, lambda: self._pass(0))
        self.clock.at(end_s, self._stop)
        while self.clock.monotonic_s() < end_s:
            self._settle()
            if self.cell.reconnect(self._hour.air_c):
                self._start()
            else:
                self.clock.advance(HOUR_S - self.clock.monotonic_s() % HOUR_S)
        self.life.brownouts, self.life.sessions = self.cell.cuts, float(self.counters["transmissions"])
        return self.life

    def _start(self) -> None:
        """Be up from one boot to the next halt, or to the end."""
        timed: list[Timed] = []

        def time_it(engine: Engine) -> Engine:
            work = self._pole.work
            timed.append(Timed(engine, self.clock.advance, work.load_s, work.invoke_s[MODEL.stem]))
            return timed[-1]

        self._app = Station(self._config, ports=self._ports, carry=self._carry)
        self._app.timed = time_it
        assert self._app.run() == 0, "a played machine goes down when it is told to"
        self.right += sum(each.right for each in timed)

    @property
    def _hour(self) -> Hour:
        """The weather since the battery was settled last: that is done at every hour's end."""
        return self._pole.sky[min(int(self._settled_s / HOUR_S), len(self._pole.sky) - 1)]

    def _settle(self) -> None:
        """Let the sun and what the node's books say of the time since last move the battery."""
        span_s = self.clock.monotonic_s() - self._settled_s
        if span_s <= 0.0:
            return
        drawn_mj = self._app.ledger.total_mj() if self._app else 0.0
        hour, life = self._hour, self.life
        flow = self.cell.live(
            span_s,
            harvest_mw=self._panel.power_mw(hour.irradiance_w_m2, hour.air_c),
            load_mw=(drawn_mj - self._settled_mj) / span_s,
            air_c=hour.air_c,
        )
        life.used_mj += flow.used_mj
        life.spilled_mj += flow.spilled_mj
        life.dark_h += (1.0 - flow.served) * span_s / HOUR_S
        self._settled_s, self._settled_mj = self.clock.monotonic_s(), drawn_mj

    def _pass(self, number: int) -> None:
        """End an hour."""
        hour, life = self._hour, self.life
        self._settle()
        counters = self._app.health.counters if self._app else Counter()
        life.share.append(self.cell.share())
        life.rate_h.append(float(counters["cycles"] - self.counters["cycles"]))
        life.harvest_mw.append(self._panel.power_mw(hour.irradiance_w_m2, hour.air_c))
        self.counters = counters.copy()
        self._told(number)
        if number + 1 < len(self._pole.sky):
            self.clock.at((number + 2) * HOUR_S, lambda: self._pass(number + 1))

    def _carry(self, outbox: Outbox, inbox: Inbox) -> Courier:
        return Courier(outbox, inbox, self._air)

    def _stop(self) -> None:
        if self._app is not None:
            self._app.stop()

    def _fitted(self, config: Config) -> Config:
        """Put sensors that take their time in the place of those that the file names."""
        air, camera = config.sense["air"], config.sense["camera"]
        recorded = cast("Sensor", camera.spec.build(self._ports))
        thermometer = Spec("air", f"{__name__}:Thermometer", (self._pole, self.clock))
        lens = Spec("camera", f"{Camera.__module__}:Camera", (recorded, self.clock, self._pole.work))
        return replace(config, sense={"air": replace(air, spec=thermometer), "camera": replace(camera, spec=lens)})


Asked = tuple[Pole, Rhythm, Limits | None]
"""What an outpost hangs on, what its file wishes for, and between what the battery bends that; None: it is fixed."""
Lived = tuple[Life, Counter[str]]
"""What became of it, and what the node counted, with `right`: the pictures that it read right."""


def lived(asked: Asked, told: Callable[[int], None] = lambda _: None) -> Lived:
    """Live as long as there is a sky, in a folder that is gone afterwards.

    Args:
        asked: by what.
        told: hears of each hour that is over.
    """
    pole, rhythm, limits = asked
    text = NODE.format(
        board=BOARD,
        battery_wh=pole.size.battery_wh,
        camera=settings.CAMERA,
        delta_c=DELTA_C,
        model=MODEL.as_posix(),
        interval_s=rhythm.interval_s,
        period_s=rhythm.period_s,
    )
    if limits is not None:
        text += ENERGY.format(
            fastest_s=limits.fastest_s,
            slowest_s=limits.slowest_s,
            eager_s=limits.eager_s,
            patient_s=limits.patient_s,
        )
    with tempfile.TemporaryDirectory(prefix="torpor-outpost-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        outpost = Outpost(Path(folder), text, pole)
        life = outpost.live(told)
        return life, outpost.counters + Counter(right=outpost.right)


def every(asked: Sequence[Asked]) -> list[Lived]:
    """Live each life in a process of its own, with a bar on stderr.

    Raises:
        RuntimeError: a life ended before its sky; why stands above, where that process said it.
    """
    from rich.console import Console
    from rich.progress import Progress

    processes = get_context("spawn")
    found: dict[Connection, Lived] = {}
    with Progress(console=Console(file=sys.stderr)) as progress:
        bar = progress.add_task("boot after boot", total=sum(len(pole.sky) for pole, _, _ in asked))
        pipes = [_born(processes, each) for each in asked]
        while len(found) < len(pipes):
            for pipe in cast("list[Connection]", wait([each for each in pipes if each not in found])):
                said = _heard(pipe)
                progress.advance(bar, 1 if said is None else 0)
                if said is not None:
                    found[pipe] = said
    return [found[each] for each in pipes]


def _born(processes: SpawnContext, asked: Asked) -> Connection:
    """Let a life begin; it is over at the latest when we are."""
    ours, theirs = processes.Pipe(duplex=False)
    processes.Process(target=_live, args=(theirs, asked), daemon=True).start()
    theirs.close()
    return ours


def _live(pipe: Connection, asked: Asked) -> None:
    """Live, and tell of each hour, and of the whole."""
    pipe.send(lived(asked, told=lambda _: pipe.send(None)))


def _heard(pipe: Connection) -> Lived | None:
    try:
        return cast("Lived | None", pipe.recv())
    except EOFError as error:
        raise RuntimeError("an outpost's process ended before its sky did; its own words stand above") from error
