"""A node's configuration: `node.toml` read into frozen values, with every problem at once.

`check` refuses a file with any problem. `run` does not: a section with a problem is left out, its fallback takes its
place (`always` for a gate, `readings` for an engine, the board that is detected, nothing for a sensor), and the reason
goes out in health; see `node.sections`. Only without `[node]` itself is there nobody who could report.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

from node.commands.options import Orders
from node.discord import discords, kept_link
from node.errors import ConfigError, Problem
from node.infer.cascade import Params as CascadeParams
from node.lease.options import Params as LeaseParams
from node.options import NAME, Rule, Spec, option
from node.policy.options import Params as PolicyParams
from node.preprocess.start import Params as StartParams
from node.sections import HERE, Sections, Source
from node.sleep.alertness import Params as AlertnessParams
from node.sleep.dvfs import Params as DvfsParams
from node.sleep.energy import Params as EnergyParams
from node.sleep.planner import Params as SleepParams
from node.transmit.bounds import Params as OutboxParams
from node.transmit.broker import Params as MqttParams
from node.transmit.schedule import Params as TransmitParams
from node.update.params import Params as UpdateParams


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
    raw: Literal["never", "always"] = option(
        "`always` keeps what the sensors gave whenever the gate opens, as raw windows beside the answers",
        default="never",
    )
    raw_blocks: tuple[str, ...] = option("which blocks are kept so, such as `image`; empty for all", default=())
    raw_per_day: int | None = option("raw windows kept in a day, by UTC; left out for no limit", default=None, least=1)
    raw_priority: int = option("the priority of raw windows; see `priority`", default=0, least=0, most=9)


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
    harvest: Spec | None
    policy: PolicyParams | None = None
    update: UpdateParams | None = None
    lease: LeaseParams = field(default_factory=LeaseParams)
    commands: Orders = field(default_factory=Orders)
    cascade: CascadeParams | None = None
    disabled: Mapping[str, str] = field(default_factory=dict)

    @property
    def fills_windows(self) -> bool:
        """Whether a window gathers from sample to sample, evenly spaced: a halt would empty it."""
        start = self.start
        return start is not None and not start.block and any(each.name == "window" for each in self.preprocess)


def load(path: Path) -> tuple[Config, list[Problem]]:
    """Read a file.

    Args:
        path: TOML.

    Returns:
        What can be used of it, and everything that is wrong with it, section by section.

    Raises:
        ConfigError: it cannot be read, is not TOML, or `[node]` does not say who this is.
    """
    tables = _tables(path)
    sections = Sections(path.parent.resolve(), tables)
    identity = sections.plain("node", Identity)
    who = identity or _nobody(tables.get("node"))  # whoever mends [node] wants the rest of the list as well
    board_id, brought = sections.board(who.board)
    infer, lighter = sections.engines()
    config = Config(
        node=replace(who, board=board_id, state_dir=path.parent.resolve() / who.state_dir),
        mqtt=sections.wished("mqtt", MqttParams),
        sense=sections.sources(brought),
        gate=sections.part("gate"),
        start=sections.wished("start", StartParams),
        preprocess=sections.chain("preprocess"),
        infer=infer,
        lighter=lighter,
        compress=sections.part("compress"),
        record=sections.plain("record", Recording) or Recording(),
        outbox=sections.plain("outbox", OutboxParams) or OutboxParams(),
        transmit=sections.plain("transmit", TransmitParams) or TransmitParams(),
        sleep=sections.plain("sleep", SleepParams) or SleepParams(),
        alertness=sections.wished("alertness", AlertnessParams),
        energy=sections.wished("energy", EnergyParams),
        dvfs=sections.plain("dvfs", DvfsParams) or DvfsParams(),
        meter=sections.meter() if "meter" in tables else None,
        harvest=sections.panel() if "harvest" in tables else None,
        policy=sections.wished("policy", PolicyParams),
        update=sections.wished("update", UpdateParams),
        lease=sections.plain("lease", LeaseParams) or LeaseParams(most_s=0.0),
        commands=sections.commands(),
        cascade=sections.plain("cascade", CascadeParams) if "cascade" in tables else None,
        disabled=sections.disabled,
    )
    config = _agreed(config, sections)
    if identity is None:
        raise ConfigError(sections.reader.problems)
    return config, sections.reader.problems


def _agreed(config: Config, sections: Sections) -> Config:
    """Return the configuration without what contradicts the rest of it, each told as a problem."""
    for option_path, reason, sleep in kept_link(config):
        sections.refuse(option_path, reason)
        config = replace(config, sleep=sleep)
    left_out: dict[str, Any] = {}  # each field has a type of its own
    for part, section, reason in discords(config):
        sections.refuse(section, reason)
        left_out[part] = () if part == "preprocess" else None
    return replace(config, **left_out)


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
    plain = {"mqtt": config.mqtt, "policy": config.policy, "update": config.update}
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
        raise ConfigError(
            [Problem(str(path), f"cannot be read: {error.strerror}; --config says where it is")]
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(str(path), f"is not TOML: {error}")]) from error
