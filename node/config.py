"""A node's configuration: `node.toml` read into frozen values, with every problem at once.

`check` refuses a file with any problem. `run` does not: a section with a problem is left out, its fallback takes its
place (`always` for a gate, `readings` for an engine, the board that is detected, nothing for a sensor), and the reason
goes out in health. Only without `[node]` itself is there nobody who could report.
"""

from __future__ import annotations

import tomllib
from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from node.discord import discords
from node.errors import ConfigError, Problem
from node.hal import meter_parts, open_ports
from node.options import NAME, Reader, Rule, Spec, option
from node.parts import Guests
from node.policy.options import Params as PolicyParams
from node.preprocess.start import Params as StartParams
from node.sleep.alertness import Params as AlertnessParams
from node.sleep.dvfs import Params as DvfsParams
from node.sleep.energy import Params as EnergyParams
from node.sleep.planner import Params as SleepParams
from node.transmit.broker import Params as MqttParams
from node.transmit.outbox import Params as OutboxParams
from node.transmit.schedule import Params as TransmitParams

T = TypeVar("T")

HERE: Final = "auto"
"""The board that this machine is found to be."""

SECTIONS: Final = (
    "node", "mqtt", "sense", "gate", "start", "preprocess", "infer", "compress", "record", "outbox", "transmit",
    "sleep", "alertness", "energy", "dvfs", "meter", "policy",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """`[node]`: who this is and where it keeps what must survive."""

    site: str = option("the site's name, a level of every topic", pattern=NAME.pattern)
    name: str = option("the node's name, a level of every topic", pattern=NAME.pattern)
    state_dir: Path = option("folder for the outbox and all that must survive a power cut", default=Path("state"))
    board: str = option("folder name under boards/, or `auto`", default=HERE)
    battery_wh: float | None = option(
        "usable battery capacity in Wh, for the plan and for `[energy]`", default=None, above=0.0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """`[record]`: what becomes of an answer."""

    stream: str = option("the table that the rows belong to", default="results", pattern=r"[a-z0-9_]{1,32}")
    keep: tuple[str, ...] = option("channels to keep beside the answer", default=())
    urgent: tuple[str, ...] = option("labels that are committed and transmitted at once, such as `anomaly`", default=())
    priority: int = option("0 is thinned first when the outbox is full, 9 last", default=5, least=0, most=9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """`[sense.NAME]`: when a sensor is read, and for how long; the options of its part stand beside these."""

    after_gate: bool = option("read only once the gate has opened: a camera behind a thermometer", default=False)
    timeout_s: float = option(
        "longest time for one reading, in seconds; one that hangs is given up, and a gap", default=10.0, above=0.0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Look):
    """One `[sense.NAME]`.

    Attributes:
        spec: the sensor.
    """

    spec: Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A whole node. A section that is None was not given, or had to be left out.

    Attributes:
        disabled: section to reason, for every section that had to be left out.
    """

    node: Identity
    record: Recording
    sense: Mapping[str, Source]
    gate: Spec
    infer: Spec
    lighter: Spec | None
    compress: Spec
    preprocess: tuple[Spec, ...]
    start: StartParams | None
    mqtt: MqttParams | None
    outbox: OutboxParams
    transmit: TransmitParams
    sleep: SleepParams
    alertness: AlertnessParams | None
    energy: EnergyParams | None
    dvfs: DvfsParams
    meter: Spec | None
    policy: PolicyParams | None = None
    disabled: Mapping[str, str] = field(default_factory=dict)

    @property
    def fills_windows(self) -> bool:
        """Whether a window gathers from sample to sample, evenly spaced: a halt would empty it."""
        start = self.start
        return start is not None and not start.block and any(each.name == "window" for each in self.preprocess)


FALLBACK: Final = {"gate": "always", "infer": "readings", "compress": "auto"}


def load(path: Path) -> tuple[Config, list[Problem]]:
    """Read a file.

    Args:
        path: TOML.

    Returns:
        What can be used of it, and everything that is wrong with it, in the order of SECTIONS.

    Raises:
        ConfigError: it cannot be read, is not TOML, or `[node]` does not say who this is.
    """
    tables = _tables(path)
    sections = _Sections(path.parent.resolve(), tables)
    identity = sections.plain("node", Identity)
    who = identity or _nobody(tables.get("node"))  # whoever mends [node] wants the rest of the list as well
    board_id, brought = sections.board(who.board)
    infer, lighter = sections.engines()
    config = Config(
        node=replace(who, board=board_id, state_dir=path.parent.resolve() / who.state_dir),
        mqtt=sections.plain("mqtt", MqttParams) if "mqtt" in tables else None,
        sense=sections.sources(brought),
        gate=sections.part("gate"),
        start=sections.plain("start", StartParams) if "start" in tables else None,
        preprocess=sections.chain("preprocess"),
        infer=infer,
        lighter=lighter,
        compress=sections.part("compress"),
        record=sections.plain("record", Recording) or Recording(),
        outbox=sections.plain("outbox", OutboxParams) or OutboxParams(),
        transmit=sections.plain("transmit", TransmitParams) or TransmitParams(),
        sleep=sections.plain("sleep", SleepParams) or SleepParams(),
        alertness=sections.plain("alertness", AlertnessParams) if "alertness" in tables else None,
        energy=sections.plain("energy", EnergyParams) if "energy" in tables else None,
        dvfs=sections.plain("dvfs", DvfsParams) or DvfsParams(),
        meter=sections.meter() if "meter" in tables else None,
        policy=sections.plain("policy", PolicyParams) if "policy" in tables else None,
        disabled=sections.disabled,
    )
    left_out: dict[str, Any] = {}  # each field has a type of its own
    for part, section, reason in discords(config):
        sections.refuse(section, reason)
        left_out[part] = None
    config = replace(config, **left_out)
    if identity is None:
        raise ConfigError(sections.reader.problems)
    return config, sections.reader.problems


def _nobody(table: object) -> Identity:
    """Return a node without a name, on the board that the file names, for boards bring sensors."""
    board = table.get("board") if isinstance(table, Mapping) else None
    return Identity(site="", name="", board=board if isinstance(board, str) else "auto")


def load_strictly(path: Path) -> Config:
    """Read a file, or raise `ConfigError` with every problem, files that it names and that are not there included.

    `load` does not ask for those: a recording may be mounted later, and a model may come over the air.
    """
    config, problems = load(path)
    parts = {f"sense.{name}": source.spec for name, source in config.sense.items()} | {"infer": config.infer}
    if config.lighter:
        parts["infer.lighter"] = config.lighter
    plain = {"mqtt": config.mqtt, "policy": config.policy}
    for section, params in {**plain, **{name: spec.params for name, spec in parts.items()}}.items():
        problems += _absent(params, section)
    if problems:
        raise ConfigError(problems)
    return config


def _absent(params: object, section: str) -> Iterator[Problem]:
    """Tell the files that an option names and that are not there."""
    for each in fields(params) if is_dataclass(params) else ():
        value = getattr(params, each.name)
        if isinstance(value, Spec):
            yield from _absent(value.params, f"{section}.{each.name}")
        elif isinstance(value, Path) and not value.exists():
            rule = cast("Rule", each.metadata["rule"])
            yield Problem(f"{section}.{each.name}", f"no {str(value)!r}; {rule.doc}")


def _tables(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError([Problem(str(path), f"cannot be read: {error.strerror}")]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(str(path), f"is not TOML: {error}")]) from error


class _Sections:
    """Reads section by section; what has a problem is left out with its reason."""

    def __init__(self, base: Path, tables: Mapping[str, object]) -> None:
        self.reader = Reader(base)
        self.tables = tables
        self.disabled: dict[str, str] = {}
        known: dict[str, object] = dict.fromkeys(SECTIONS)
        self.reader.complain_of_strangers(tables, known, "")

    def plain(self, section: str, shape: type[T]) -> T | None:
        before = len(self.reader.problems)
        values = self.reader.read(shape, self.tables.get(section, {}), section)
        self._note(section, before)
        return values

    def part(self, section: str) -> Spec:
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
        before = len(self.reader.problems)
        spec = self.reader.spec(meter_parts(), self.tables["meter"], "meter")
        self._note("meter", before)
        return spec

    def chain(self, section: str) -> tuple[Spec, ...]:
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
