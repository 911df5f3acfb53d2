"""The sections of a `node.toml`, one by one: what has a problem is left out with its reason, and its fallback stands.

What a section means beside the others is not known here; see `node.discord`.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import import_module
from typing import TYPE_CHECKING, Final, TypeVar, cast

from node.commands.options import Allowed, Orders
from node.errors import ConfigError, Problem
from node.hal import PANELS, meter_parts, open_ports
from node.options import Reader, Spec, option
from node.parts import Guests, params_of

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")

HERE: Final = "auto"
"""The board that this machine is found to be."""

SECTIONS: Final = (
    "node", "mqtt", "sense", "gate", "start", "preprocess", "infer", "compress", "record", "outbox", "transmit",
    "sleep", "alertness", "energy", "dvfs", "meter", "harvest", "policy", "update", "cascade",
    "lease", "commands",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """`[sense.NAME]`: when a sensor is read, and for how long; the options of its part stand beside these."""

    after_gate: bool = option("read only once the gate has opened: a camera behind a thermometer", default=False)
    timeout_s: float = option(
        "longest time for one reading, in seconds; one that hangs is given up, and a gap",
        default=10.0,
        above=0.0,
        most=3600.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Look):
    """One `[sense.NAME]`.

    Attributes:
        spec: the sensor.
    """

    spec: Spec


FALLBACK: Final = {"gate": "always", "infer": "readings", "compress": "auto"}


class Sections:
    """Reads section by section; what has a problem is left out with its reason."""

    def __init__(self, base: Path, tables: Mapping[str, object]) -> None:
        """Look for sections that there are none of.

        Args:
            base: the file's folder.
            tables: what it holds.
        """
        self.reader = Reader(base)
        self.tables = tables
        self.disabled: dict[str, str] = {}
        known: dict[str, object] = dict.fromkeys(SECTIONS)
        self.reader.complain_of_strangers(tables, known, "")

    def plain(self, section: str, shape: type[T]) -> T | None:
        """Return a section that is options alone; None where one has a problem."""
        before = len(self.reader.problems)
        values = self.reader.read(shape, self.tables.get(section, {}), section)
        self._note(section, before)
        return values

    def wished(self, section: str, shape: type[T]) -> T | None:
        """Return a section that a node may do without; None where it is not in the file, too."""
        return self.plain(section, shape) if section in self.tables else None

    def part(self, section: str) -> Spec:
        """Return the part that a section names, or its fallback."""
        given = self._spec(section, section, self.tables[section]) if section in self.tables else None
        return given or _fallback(section)

    def engines(self) -> tuple[Spec, Spec | None]:
        """Return what answers, and what answers while energy is short: a table within the other's."""
        table = self.tables.get("infer")
        if not isinstance(table, Mapping) or "lighter" not in table:
            return self.part("infer"), None
        usual = {key: value for key, value in table.items() if key != "lighter"}
        given = self._spec("infer", "infer", usual) if usual else None
        return given or _fallback("infer"), self._spec("infer", "infer.lighter", table["lighter"])

    def _spec(self, room: str, path: str, table: object) -> Spec | None:
        before = len(self.reader.problems)
        spec = self.reader.spec(_table_of(room), table, path)
        self._note(path, before)
        return spec

    def meter(self) -> Spec | None:
        """Return the meter that the operator chose; without a usable one the board's own are asked."""
        return self._fitted("meter", meter_parts())

    def panel(self) -> Spec | None:
        """Return the meter at the solar panel; without a usable one the sun is learnt from the battery's balance."""
        return self._fitted("harvest", meter_parts(PANELS))

    def commands(self) -> Orders:
        """Return which orders of the gateway are carried out; none where the section has a problem."""
        if "commands" not in self.tables:
            return Orders()  # a wake without the section is spared the room
        room, before, table = _table_of("commands"), len(self.reader.problems), self.tables["commands"]
        allowed = self.reader.read(Allowed, table, "commands", extra=frozenset(room))
        given = table if isinstance(table, Mapping) else {}
        parts = {name: self._order(room, name, given.get(name)) for name in (allowed.allow if allowed else ())}
        self._note("commands", before)
        found = {} if "commands" in self.disabled else {name: each for name, each in parts.items() if each}
        return Orders(allow=tuple(found), parts=found)

    def _order(self, room: Mapping[str, str], name: str, options: object) -> Spec | None:
        if name not in room:
            self.reader.complain("commands.allow", f"no command {name!r}; valid: {', '.join(sorted(room))}")
            return None
        if options is None:
            return Spec(name, room[name], None)
        params: object = self.reader.read(params_of(room[name]), options, f"commands.{name}")
        return None if params is None else Spec(name, room[name], params)

    def _fitted(self, section: str, parts: Mapping[str, str]) -> Spec | None:
        before = len(self.reader.problems)
        spec = self.reader.spec(parts, self.tables[section], section)
        self._note(section, before)
        return spec

    def chain(self, section: str) -> tuple[Spec, ...]:
        """Return the parts that a list of tables names, or none of them."""
        before = len(self.reader.problems)
        listed = self.tables.get(section, [])
        if not isinstance(listed, list):
            self.reader.complain(section, f"expected a list of tables, [[{section}]], got {listed!r}")
            listed = []
        specs = [self.reader.spec(_table_of(section), each, f"{section}[{i}]") for i, each in enumerate(listed)]
        self._note(section, before)
        # Half a chain would show the model something it was never trained on: it is all or nothing.
        return () if section in self.disabled else tuple(spec for spec in specs if spec)

    def board(self, board_id: str) -> tuple[str, Mapping[str, str]]:
        """Return the board to run on, and the sensors that it brings along; one that is none is the one detected."""
        before = len(self.reader.problems)
        try:
            return board_id, open_ports(board_id).board.sensors
        except ConfigError as error:
            self.reader.problems.extend(Problem(f"node.{each.path}", each.message) for each in error.problems)
            self._note("node.board", before)
            return (HERE, {}) if board_id == HERE else self.board(HERE)

    def sources(self, brought: Mapping[str, str]) -> Mapping[str, Source]:
        """Return the sensors by name, those that the board brings along among them."""
        named = self.tables.get("sense", {})
        if not isinstance(named, Mapping) or not named:
            self.reader.complain("sense", "no sensor; give at least one [sense.NAME] with a `part`")
            named = {}
        found = {name: self._source(name, table, brought) for name, table in named.items()}
        return {name: source for name, source in found.items() if source}

    def _source(self, name: str, table: object, brought: Mapping[str, str]) -> Source | None:
        before = len(self.reader.problems)
        path = f"sense.{name}"
        if not isinstance(table, Mapping):
            self.reader.complain(path, f"expected a table, got {table!r}")
            self._note(path, before)
            return None
        ours = {each.name for each in fields(Look)}
        look = self.reader.read(Look, {key: value for key, value in table.items() if key in ours}, path)
        rest = {key: value for key, value in table.items() if key not in ours}
        spec = self.reader.spec(ChainMap(dict(brought), cast("dict[str, str]", _table_of("sense"))), rest, path)
        self._note(path, before)
        return Source(spec=spec, after_gate=look.after_gate, timeout_s=look.timeout_s) if spec and look else None

    def refuse(self, section: str, reason: str) -> None:
        """Leave a section out that is sound in itself, and does not go with the others."""
        before = len(self.reader.problems)
        self.reader.complain(section, reason)
        self._note(section, before)

    def _note(self, section: str, before: int) -> None:
        new = self.reader.problems[before:]
        if new:
            self.disabled[section] = "; ".join(str(problem) for problem in new)


def open_gate() -> Spec:
    """Return the gate of a node that has none, which opens for every sample."""
    return _fallback("gate")


def _fallback(section: str) -> Spec:
    return Spec(FALLBACK[section], _table_of(section)[FALLBACK[section]], None)


def _table_of(room: str) -> Mapping[str, str]:
    table: Mapping[str, str] = import_module(f"node.{room}").TABLE
    return Guests(room, table)
