"""What a `board.toml` may say, and the board that comes of it.

Units stand in the keys: `_mw`, `_mj`, `_ms`, `_khz`. Every group of figures carries its `quality` (measured, official,
derived, estimate) and its `source`; a figure without them is refused. Tables that nobody here reads (`cpu`, `boot`,
`radio`, `meter`, `pins`, ...) are kept as they are, in `rest`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from node.errors import ConfigError, Problem
from node.hal import PowerState, Quality
from node.options import Reader, option

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA: Final = 1
REQUIRED_STATES: Final = ("active", "light")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The `[board]` table."""

    id: str = option("the folder's name", pattern=r"[a-z0-9-]{1,32}")
    name: str = option("what people call it")
    arch: str = option("machine architecture as `uname -m` prints it; empty for any", default="")
    cores: int = option("processor cores; 0 for unknown", default=0, least=0)
    ram_mb: int = option("memory in MB; 0 for unknown", default=0, least=0)
    compatible: tuple[str, ...] = option("device-tree compatibles it is known by, the most exact first", default=())
    notes: str = option("what else a person should know", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One `[[state]]` table."""

    name: Literal["active", "idle", "light", "suspend", "halt", "off"] = option("which state")
    power_mw: float = option("mean draw at the input in mW", least=0)
    power_min_mw: float | None = option("least draw seen in mW", default=None, least=0)
    power_max_mw: float | None = option("most draw seen in mW", default=None, least=0)
    mechanism: Literal["none", "light", "sysfs_mem", "sysfs_freeze", "halt_rtc", "halt_external", "external_cut"] = (
        option("how it is entered", default="none")
    )
    retains: Literal["ram", "disk", "none"] = option("what survives in it", default="ram")
    enter_ms: float = option("time to enter in ms", default=0.0, least=0)
    exit_ms: float = option("time to be back in ms", default=0.0, least=0)
    wake: tuple[str, ...] = option("what can end it", default=())
    requires: tuple[str, ...] = option("what must hold before it is entered", default=())
    quality: Quality = option("how well the figures are known")
    source: str = option("where the figures stand", pattern=r".*\S.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardData:
    """A board as its file describes it; satisfies `node.hal.Board`.

    Attributes:
        identity: the `[board]` table.
        states: the states that this board has, by name.
        details: the `[[state]]` tables by name, whole.
        sensors: sensors that this board brings along: part name to `module:Class`.
        rest: every other table, unread.
    """

    identity: Identity
    states: Mapping[str, PowerState]
    details: Mapping[str, State]
    sensors: Mapping[str, str] = field(default_factory=dict)
    rest: Mapping[str, object] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The folder's name under `boards/`."""
        return self.identity.id


def read_board(table: Mapping[str, object], path: Path) -> BoardData:
    """Turn a parsed `board.toml` into a board.

    Args:
        table: the whole file.
        path: where it came from: its folder's name must be the board's id.

    Raises:
        ConfigError: with every problem of the file.
    """
    reader = Reader(path.parent)
    identity = reader.read(Identity, table.get("board"), "board")
    details = _read_states(reader, table.get("state"))
    sensors = _read_sensors(reader, table.get("sensors", {}))
    if table.get("schema") != SCHEMA:
        reader.complain("schema", f"expected {SCHEMA}, got {table.get('schema')!r}")
    if identity is not None and identity.id != path.parent.name:
        reader.complain("board.id", f"{identity.id!r} stands in the folder {path.parent.name!r}")
    if reader.problems or identity is None:
        raise ConfigError([Problem(f"{path}: {each.path}", each.message) for each in reader.problems])
    rest = {key: table[key] for key in table if key not in {"schema", "board", "state", "sensors"}}
    states = {
        name: PowerState(name=name, power_mw=each.power_mw, quality=each.quality, source=each.source)
        for name, each in details.items()
    }
    return BoardData(identity=identity, states=states, details=details, sensors=sensors, rest=rest)


def _read_states(reader: Reader, tables: object) -> dict[str, State]:
    found = [
        reader.read(State, each, f"state[{i}]") for i, each in enumerate(tables if isinstance(tables, list) else [])
    ]
    states: dict[str, State] = {}
    for i, state in enumerate(found):
        if state is not None and state.name in states:
            reader.complain(f"state[{i}].name", f"{state.name!r} is there twice")
        if state is not None:
            states[state.name] = state
    for name in REQUIRED_STATES:
        if name not in states:
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
