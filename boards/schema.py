"""What a wake reads of a `board.toml`: who the board is, its power states, its boot, the sensors it brings along.

The rest (processor, radios, meters, pins, ...) is in `boards.fittings`, and is neither read nor imported before
somebody asks for `BoardData.fittings`: a node that an RTC wakes every minute reads this file every minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from boards.figures import Cost, Draw
from node.errors import ConfigError, Problem
from node.hal import AT_ONCE, PowerState, Transition
from node.options import Reader, option

if TYPE_CHECKING:
    from boards.fittings import Fittings

SCHEMA: Final = 1
REQUIRED_STATES: Final = ("active", "light")
WAKE: Final = frozenset({"schema", "board", "state", "boot", "sensors"})
"""The tables that are read here."""
NEED: Final = r"(eeprom|mem_sleep|nvpmodel|path|state|controller|boot|saving):\S+"
Mechanism = Literal["none", "light", "sysfs_mem", "sysfs_freeze", "halt_rtc", "halt_external", "external_cut"]
Waker = Literal["timer", "rtc", "gpio", "button", "power-cycle", "controller", "lan", "uart"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The `[board]` table."""

    id: str = option("the folder's name", pattern=r"[a-z0-9-]{1,32}")
    name: str = option("what people call it", pattern=r".*\S.*")
    arch: str = option("machine architecture as `uname -m` prints it; empty for any", default="")
    cores: int = option("processor cores; 0 for unknown", default=0, least=0)
    ram_mb: int = option("memory in MB of the variant that the figures are for; 0 for unknown", default=0, least=0)
    compatible: tuple[str, ...] = option(
        "device-tree compatibles that are this board and no other, the most exact first", default=(), pattern=r"\S+,\S+"
    )
    source: str = option("where the compatibles stand", default="")
    notes: str = option("what else a person should know", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class State(Draw):
    """One `[[state]]` table."""

    name: Literal["active", "idle", "light", "suspend", "halt", "off"] = option("which state")
    mechanism: Mechanism = option("how it is entered", default="none")
    retains: Literal["ram", "disk", "none"] = option("what survives in it", default="ram")
    enter: Cost | None = option("what going there takes; for halt and off it is `boot.shutdown`", default=None)
    exit: Cost | None = option("what coming back takes; for halt and off it is `boot.start`", default=None)
    wake: tuple[Waker, ...] = option("what can end it", default=())
    requires: tuple[str, ...] = option(
        "what must hold before it is entered: eeprom:KEY=VALUE, path:/FILE, state:WORD of /sys/power/state, "
        "mem_sleep:WORD, nvpmodel:MODE, boot:SETTING, controller:NAME that is fitted, "
        "or saving:NAME of `sleep.savings` that is not refused",
        default=(),
        pattern=NEED,
    )
    otherwise: Draw | None = option("what it draws where `requires` does not hold but it is entered", default=None)

    def __post_init__(self) -> None:
        Draw.__post_init__(self)  # not super(): a slotted dataclass is a copy of the class that super() knows
        reboots = self.name in {"halt", "off"}
        if reboots and self.retains == "ram":
            raise ValueError(f"{self.name} loses the memory: retains is 'disk' or 'none'")
        if reboots and (self.enter or self.exit):
            raise ValueError(f"what {self.name} takes stands in [boot]: it enters by shutdown and exits by start")
        if self.name in {"light", "suspend"} and not (self.enter and self.exit):
            raise ValueError(f"what going to and coming from {self.name} takes is missing: enter and exit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """The `[boot]` table: what losing the memory costs."""

    start: Cost = option("from power to the node's first line")
    shutdown: Cost = option("from the order to halt until the draw has fallen")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardData:
    """A board as its file describes it; satisfies `node.hal.Board`.

    Attributes:
        identity: the `[board]` table.
        states: the states that this board has, by name.
        details: the `[[state]]` tables by name, whole.
        boot: what a reboot costs; None where nobody knows.
        sensors: sensors that this board brings along: part name to `module:Class`.
        rest: every other table, not read yet.
        path: the file.
    """

    identity: Identity
    states: Mapping[str, PowerState]
    details: Mapping[str, State]
    boot: Boot | None
    sensors: Mapping[str, str]
    rest: Mapping[str, object]
    path: Path

    @property
    def id(self) -> str:
        """The folder's name under `boards/`."""
        return self.identity.id

    @property
    def fittings(self) -> Fittings:
        """Everything else that the file says; read anew each time, so keep it.

        Raises:
            ConfigError: with every problem of these tables.
        """
        from boards.fittings import read_fittings

        reader = Reader(self.path.parent)
        fittings = read_fittings(reader, self.rest)
        if fittings is None:
            raise _wrong(reader, self.path)
        return fittings


def read_board(table: Mapping[str, object], path: Path) -> BoardData:
    """Turn a parsed `board.toml` into a board.

    Args:
        table: the whole file.
        path: where it came from: its folder's name must be the board's id.

    Raises:
        ConfigError: with every problem of the file, those of its fittings included.
    """
    rest = {key: value for key, value in table.items() if key not in WAKE}
    reader = Reader(path.parent)
    identity = reader.read(Identity, table.get("board"), "board")
    details = _read_states(reader, table.get("state"))
    boot = reader.read(Boot, table["boot"], "boot") if "boot" in table else None
    sensors = _read_sensors(reader, table.get("sensors", {}))
    if table.get("schema") != SCHEMA:
        reader.complain("schema", f"expected {SCHEMA}, got {table.get('schema')!r}")
    if identity is not None and identity.id != path.parent.name:
        reader.complain("board.id", f"{identity.id!r} stands in the folder {path.parent.name!r}")
    if "boot" not in table and {"halt", "off"} & set(details):
        reader.complain("boot", "missing; who can halt says what coming back takes")
    if reader.problems or identity is None:
        from boards.fittings import read_fittings

        read_fittings(reader, rest)
        raise _wrong(reader, path)
    states = {name: _power_state(each, boot) for name, each in details.items()}
    return BoardData(
        identity=identity, states=states, details=details, boot=boot, sensors=sensors, rest=rest, path=path
    )


def _power_state(state: State, boot: Boot | None) -> PowerState:
    """Return what a planner is told of a state; what merely waits ends by the node's own timer."""
    reboots = boot is not None and state.name in {"halt", "off"}
    return PowerState(
        name=state.name,
        power_mw=state.power_mw,
        quality=state.quality,
        source=state.source,
        enter=_transition(boot.shutdown if boot and reboots else state.enter),
        exit=_transition(boot.start if boot and reboots else state.exit),
        retains=state.retains,
        wake=("timer", *state.wake) if state.mechanism == "none" else state.wake,
        requires=state.requires,
        otherwise_mw=state.otherwise.power_mw if state.otherwise else None,
    )


def _transition(cost: Cost | None) -> Transition:
    return Transition(time_s=cost.time_ms / 1000.0, energy_mj=cost.energy_mj) if cost else AT_ONCE


def _wrong(reader: Reader, path: Path) -> ConfigError:
    return ConfigError([Problem(f"{path}: {each.path}", each.message) for each in reader.problems])


def _read_states(reader: Reader, tables: object) -> dict[str, State]:
    told = tables if isinstance(tables, list) else []
    states: dict[str, State] = {}
    for i, each in enumerate(told):
        state = reader.read(State, each, f"state[{i}]")
        if state is not None and state.name in states:
            reader.complain(f"state[{i}].name", f"{state.name!r} is there twice")
        if state is not None:
            states[state.name] = state
    named = [each.get("name") for each in told if isinstance(each, dict)]
    for name in REQUIRED_STATES:
        if name not in named:
            reader.complain("state", f"no {name!r} state; every board has {' and '.join(REQUIRED_STATES)}")
    return states


def _read_sensors(reader: Reader, table: object) -> dict[str, str]:
    if not isinstance(table, dict):
        reader.complain("sensors", f"expected a table of part name to module:Class, got {table!r}")
        return {}
    for name, target in table.items():
        if not isinstance(target, str) or ":" not in target:
            reader.complain(f"sensors.{name}", f"expected module:Class, got {target!r}")
    return table
