"""Boards: what is soldered to what, as data; one folder a board.

A folder holds `board.toml` and a README with the figures, where they come from and the board's pitfalls.

schema        what a wake reads of the file: states, boot, sensors
fittings      the rest, read when it is asked for: processor, radios, accelerators, meters, buses, pins, flashing
figures       what each figure carries: its quality and its source
linux         the ports on any Linux board
sleeping      how it is put to sleep, and woken
meters        who counts its joules
dvfs          how fast it may run
radios        what its way to the network takes
accelerators  what infers beside the processor
systemd       who watches over the process
chassis       its lamp, and its reset
sim           the board that a laptop plays

Boards see `node.hal`, `node.values`, `node.errors` and `node.options` only.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from boards.schema import BoardData, read_board
from node.errors import ConfigError, HardwareError, Problem
from node.hal import Ports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boards.meters import Machine
    from boards.sim.clock import VirtualClock, VirtualSleeper
    from node.hal import Accelerator, Bed, Bedding, Chassis, Clock, Gauge, Metering, Panel, Radio, Supervisor, Throttle
    from node.options import Spec

__all__ = ["BoardData", "board_ids", "check_board", "detect", "load_board", "open_ports"]

FOLDER: Final = Path(__file__).parent
COMPATIBLE: Final = Path("/proc/device-tree/compatible")
ClockKind = Literal["real", "virtual"]


def board_ids(folder: Path = FOLDER) -> Sequence[str]:
    """Name every board that has a `board.toml`."""
    return sorted(each.parent.name for each in folder.glob("*/board.toml"))


def load_board(board_id: str, folder: Path = FOLDER) -> BoardData:
    """Read what a wake needs of a board's file; its `fittings` are read when they are asked for.

    Args:
        board_id: the folder's name.
        folder: where the folders are.

    Raises:
        ConfigError: there is no such board, or its file is wrong.
    """
    import tomllib

    path = folder / board_id / "board.toml"
    if not path.is_file():
        raise ConfigError([Problem("board", f"no {board_id!r}; valid: {', '.join(board_ids(folder))}")])
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([Problem(str(path), f"not TOML: {error}")]) from error
    return read_board(table, path)


def check_board(board_id: str, folder: Path = FOLDER) -> BoardData:
    """Read a board's file to its end, as no wake does.

    Raises:
        ConfigError: as `load_board`, with the problems of the fittings too.
    """
    board = load_board(board_id, folder)
    _ = board.fittings
    return board


def detect(compatible: Path = COMPATIBLE, folder: Path = FOLDER) -> str:
    """Name the board that this machine is, by its device tree.

    The tree's names go from the exact to the general (Devicetree Specification 0.4, 2.3.1); the first that a board
    claims wins. A machine without a device tree, as a PC is, is `generic`.
    """
    try:
        names = compatible.read_bytes().decode(errors="replace").rstrip("\0").split("\0")
    except OSError:
        return "generic"
    texts = {each: (folder / each / "board.toml").read_text("utf-8") for each in board_ids(folder)}
    for name in names:
        for board_id, text in texts.items():
            # to parse every board at every wake would take longer than the wake: only one that has the word is asked
            if f'"{name}"' in text and name in load_board(board_id, folder).identity.compatible:
                return board_id
    return "generic"


def open_ports(board_id: str = "auto", *, clock: ClockKind = "real", start_ms: int | None = None) -> Ports:
    """Open the machine that a node runs on.

    Args:
        board_id: a folder's name, or `auto` for what `detect` says.
        clock: `virtual` for a simulation in one process, of any board; `real` for a node that speaks to a broker,
            which is why `sim` is real too unless told otherwise.
        start_ms: where virtual time begins, milliseconds since 1970.

    Raises:
        ConfigError: there is no such board, or its file is wrong.
    """
    board = load_board(detect() if board_id == "auto" else board_id)
    if clock == "virtual":
        from boards.sim.clock import START_MS, VirtualClock, VirtualSleeper

        virtual = VirtualClock(START_MS if start_ms is None else start_ms)
        sleeper = VirtualSleeper(virtual)
        return Ports(
            board=board,
            clock=virtual,
            sleeper=sleeper,
            open_bed=partial(_virtual_bed, board, virtual, sleeper),
            open_radio=partial(_played_radio, board),
        )
    from boards.linux import LinuxClock, LinuxSleeper, earliest_ms

    real = LinuxClock()
    return Ports(
        board=board,
        clock=real,
        sleeper=LinuxSleeper(),
        earliest_ms=earliest_ms(),
        open_bed=partial(_linux_bed, board, real),
        open_gauge=partial(_linux_gauge, board, real),
        open_meter=partial(_linux_meter, board, real),
        open_panel=partial(_linux_panel, board, real),
        open_throttle=partial(_linux_throttle, board),
        open_radio=partial(_played_radio if board.id == "sim" else _linux_radio, board),
        open_supervisor=_supervisor,
        open_chassis=None if board.id == "sim" else partial(_linux_chassis, board),
        find_accelerators=partial(_linux_accelerators, board),
    )


def _linux_bed(board: BoardData, clock: Clock, bedding: Bedding) -> Bed:
    from boards.sleeping.absent import Absent
    from boards.sleeping.bed import LinuxBed, find_controller

    bus = board.fittings.bus if bedding.controller != "none" else None
    number = 1 if bus is None or bus.i2c is None else bus.i2c
    try:
        return LinuxBed(board, clock, bedding, find_controller(bedding, clock, bus=number))
    except HardwareError as error:
        return LinuxBed(board, clock, bedding, Absent(f"{bedding.controller}: {error}"))


def _linux_gauge(board: BoardData, clock: Clock, chosen: Spec | None) -> Gauge:
    from boards.gauges import open_gauge

    return open_gauge(board.fittings.meter, _machine(board, clock), chosen)


def _linux_meter(board: BoardData, clock: Clock, chosen: Spec | None) -> Metering:
    from boards.meters import open_meter

    return open_meter(board.fittings.meter, _machine(board, clock), chosen)


def _linux_panel(board: BoardData, clock: Clock, chosen: Spec) -> Panel:
    from boards.meters.panel import Panel

    return Panel(chosen, _machine(board, clock))


def _machine(board: BoardData, clock: Clock) -> Machine:
    from boards.meters import Machine

    fittings = board.fittings
    bus = 1 if fittings.bus is None or fittings.bus.i2c is None else fittings.bus.i2c
    return Machine(clock_s=clock.monotonic_s, states=board.states, bus=bus)


def _linux_radio(board: BoardData) -> Radio | None:
    from boards.radios import find_radio

    return find_radio(board.fittings.radio)


def _played_radio(board: BoardData) -> Radio | None:
    """A simulation has the radios that its board's file names."""
    from boards.radios import figures

    fitted = board.fittings.radio
    return figures(fitted[0]) if fitted else None


def _linux_accelerators(board: BoardData) -> Sequence[Accelerator]:
    """Look for the board's, and for those that may hang on any machine."""
    from boards.accelerators import find_accelerators

    return find_accelerators([*board.fittings.accelerator, *load_board("generic").fittings.accelerator])


def _supervisor() -> Supervisor | None:
    import os

    from boards.systemd import find

    return find(os.environ)


def _linux_chassis(board: BoardData) -> Chassis:
    from boards.chassis import LinuxChassis
    from boards.sleeping.tree import Tree

    lamp = board.fittings.lamp
    return LinuxChassis(lamp.leds if lamp else (), Tree())


def _linux_throttle(board: BoardData) -> Throttle:
    from boards.dvfs import open_throttle
    from boards.sleeping.tree import Tree

    return open_throttle(board, board.fittings, Tree())


def _virtual_bed(board: BoardData, clock: VirtualClock, sleeper: VirtualSleeper, bedding: Bedding) -> Bed:
    from boards.sim.bed import VirtualBed

    return VirtualBed(board, clock, sleeper, bedding.savings)
