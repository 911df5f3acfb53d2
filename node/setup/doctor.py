"""Looks the machine over before anyone blames the software: buses, sensors, model, clock, disk, broker.

It changes nothing and publishes nothing. Each finding says what was looked at, how it is, and what to do about it.
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, cast

from node.errors import TorporError
from node.sense import EndOfData
from node.sense.late import Late
from node.values import TimeQuality

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from node.config import Config
    from node.gate import Gate
    from node.hal import Ports
    from node.infer import Engine
    from node.sections import Source
    from node.sense import Sensor
    from node.values import Reading

Mark = Literal["ok", "warn", "FAIL"]
DEVICES: Final = {
    "I2C": "dev/i2c-*",
    "SPI": "dev/spidev*",
    "1-Wire": "sys/bus/w1/devices/28-*",
    "serial": "dev/tty[AU][MCS]*",
    "GPIO": "dev/gpiochip*",
    "camera": "dev/video*",
    "Edge TPU": "dev/apex_*",
    "Hailo": "dev/hailo*",
    "RTC": "dev/rtc*",
    "watchdog": "dev/watchdog*",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: a word or two.
        mark: ok, warn (works, but you should know) or FAIL (does not work).
        told: how it is, and what to do.
    """

    what: str
    mark: Mark
    told: str


def examine(path: Path, root: Path = Path("/")) -> Iterator[Finding]:
    """Look at everything that a node with this configuration needs.

    Args:
        path: its `node.toml`; findings on the machine alone come first, so that a bad file hides nothing.
        root: where /dev and /sys hang.
    """
    yield _python()
    yield _runtime()
    for name, pattern in DEVICES.items():
        found = sorted(str(each.relative_to(root)) for each in root.glob(pattern))
        yield Finding(what=name, mark="ok", told=", ".join(found) or "none here")
    yield from _configured(path)


def look_over(
    config: Config, ports: Ports, sensors: Mapping[str, Sensor], engine: Callable[[], Engine]
) -> Iterator[Finding]:
    """Look at a node from inside, while it runs: what it has open is not opened again.

    Args:
        config: what it runs on.
        ports: its machine.
        sensors: all that it reads, by name.
        engine: asks for what answers.
    """
    yield _python()
    yield _runtime()
    for section, reason in config.disabled.items():
        yield Finding(what=section, mark="FAIL", told=reason)
    yield from _household(config, ports)
    seen: dict[str, Reading] = {}
    for name, sensor in sensors.items():
        yield _sensor(name, sensor.read, seen)
    yield from _wanted(config, seen)
    yield _loaded(config, lambda: engine().load())
    yield _broker(config)


def _household(config: Config, ports: Ports) -> Iterator[Finding]:
    from node.setup.household import findings  # late, for it tells in Findings

    yield Finding(what="board", mark="ok", told=ports.board.id)
    yield _clock(ports)
    yield _disk(config.node.state_dir)
    yield from findings(config, ports)


def _configured(path: Path) -> Iterator[Finding]:
    from node.config import load
    from node.hal import open_ports

    try:
        config, problems = load(path)
        ports = open_ports(config.node.board)
    except TorporError as error:
        yield Finding(what="configuration", mark="FAIL", told=str(error))
        return
    for problem in problems:
        yield Finding(what="configuration", mark="FAIL", told=str(problem))
    yield from _household(config, ports)
    seen: dict[str, Reading] = {}
    yield from _sensors(config, ports, seen)
    yield from _wanted(config, seen)
    yield from _engine(config, seen)
    yield _broker(config)


def _python() -> Finding:
    told = f"{platform.python_version()} on {platform.machine()}, torpor {_version('torpor') or 'from a checkout'}"
    return Finding(what="Python", mark="ok" if sys.version_info >= (3, 11) else "FAIL", told=told)


def _runtime() -> Finding:
    for name in ("ai-edge-litert", "tflite-runtime"):
        found = _version(name)
        if found:
            return Finding(what="ML runtime", mark="ok", told=f"{name} {found}")
    return Finding(what="ML runtime", mark="warn", told="none; models cannot run: pip install ai-edge-litert")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _clock(ports: Ports) -> Finding:
    quality = ports.clock.quality()
    if quality is TimeQuality.SYNCED:
        return Finding(what="clock", mark="ok", told="synchronised")
    told = f"{quality.name.lower()}: records carry that mark; start systemd-timesyncd or chrony, or fit an RTC"
    return Finding(what="clock", mark="warn", told=told)


def _disk(folder: Path) -> Finding:
    place = next(each for each in (folder, *folder.parents) if each.exists())
    if not os.access(place, os.W_OK):
        return Finding(what="state", mark="FAIL", told=f"{place} is not writable for this user; set node.state_dir")
    free_mb = shutil.disk_usage(place).free / 1e6
    mark: Mark = "ok" if free_mb > 100.0 else "warn"
    return Finding(what="state", mark=mark, told=f"{folder}, {free_mb:,.0f} MB free")


def _sensors(config: Config, ports: Ports, seen: dict[str, Reading]) -> Iterator[Finding]:
    """Read every sensor once, and note in `seen` what each that could be read has given."""
    for name, source in config.sense.items():
        yield _sensor(name, partial(_opened_and_read, source, ports), seen)


def _opened_and_read(source: Source, ports: Ports) -> Reading:
    with closing(Late(partial(source.spec.build, ports), lambda: None, timeout_s=source.timeout_s)) as sensor:
        return sensor.read()


def _sensor(name: str, read: Callable[[], Reading], seen: dict[str, Reading]) -> Finding:
    what = f"sense.{name}"
    try:
        reading = read()
        told = _shown(reading)
    except EndOfData:
        return Finding(what=what, mark="warn", told="the recording is empty")
    except Exception as error:  # noqa: BLE001 - whatever a driver raises is what the operator wants to see
        return Finding(what=what, mark="FAIL", told=f"{type(error).__name__}: {error}")
    seen[name] = reading
    return Finding(what=what, mark="ok", told=told)


def _shown(reading: Reading) -> str:
    values = [f"{channel} {value:.6g}" for channel, value in reading.values.items()]
    blocks = [f"{block} {each.data.shape}" for block, each in reading.blocks.items()]
    return ", ".join(values + blocks)


def _wanted(config: Config, seen: Mapping[str, Reading]) -> Iterator[Finding]:
    """Say who waits in vain for what no sensor gives; one that is silent today may yet give it."""
    yield from _doubled(seen)
    if len(seen) < len(config.sense):
        return
    given = {name: {*reading.values, *reading.blocks} for name, reading in seen.items()}
    late = set().union(*given.values())
    early = set().union(*(given[name] for name, source in config.sense.items() if not source.after_gate))
    start, gate = config.start, cast("Gate", config.gate.build())  # unguarded: it is shown nothing
    wanted = {
        "gate": (gate.channels, early),
        "start": ((*start.channels, start.block) if start else (), late),
        "infer": (_judged(config), late),
        "record": (config.record.keep, late),
    }
    for what, (names, there) in wanted.items():
        absent = [name for name in names if name and name not in there]
        if absent:
            told = f"no sensor gives {', '.join(absent)}; there are: {', '.join(sorted(there)) or 'none'}"
            yield Finding(what=what, mark="FAIL", told=told)


def _doubled(seen: Mapping[str, Reading]) -> Iterator[Finding]:
    """Say which sensors give a channel or a block of one name: the later one's would be taken for both."""
    owner: dict[str, str] = {}
    for name, reading in seen.items():
        for each in (*reading.values, *reading.blocks):
            if each in owner:
                told = f"{owner[each]} gives {each} too, and one of them is lost: give them names of their own"
                yield Finding(what=f"sense.{name}", mark="FAIL", told=told)
            owner.setdefault(each, name)


def _judged(config: Config) -> Sequence[str]:
    """Name the channels that an engine without a model sends or judges."""
    params = config.infer.params
    rules = getattr(params, "rules", ())
    return (*getattr(params, "channels", ()), *(each.channel for each in rules))


def _engine(config: Config, seen: Mapping[str, Reading]) -> Iterator[Finding]:
    """Load the model, where the engine has one, and try what it will be shown."""
    from node.setup.trial import misfits

    def load() -> None:
        with closing(cast("Engine", config.infer.build())) as engine:
            engine.load()

    loaded = _loaded(config, load)
    blocks = {name: block for reading in seen.values() for name, block in reading.blocks.items()}
    unfit = dict(misfits(config, blocks)) if loaded.mark == "ok" else {}
    if "infer" not in unfit:
        yield loaded
    for section, reason in unfit.items():
        yield Finding(what=section, mark="FAIL", told=reason)


def _loaded(config: Config, load: Callable[[], None]) -> Finding:
    try:
        load()
    except TorporError as error:
        return Finding(what="infer", mark="FAIL", told=str(error))
    return Finding(what="infer", mark="ok", told=config.infer.name)


def _broker(config: Config) -> Finding:
    if config.mqtt is None:
        return Finding(what="broker", mark="warn", told="no [mqtt]: records stay in the outbox")
    where = f"{config.mqtt.host}:{config.mqtt.port}"
    try:
        socket.create_connection((config.mqtt.host, config.mqtt.port), timeout=5.0).close()
    except OSError as error:
        return Finding(what="broker", mark="FAIL", told=f"{where}: {error}; is it running, is the address right?")
    return Finding(what="broker", mark="ok", told=f"{where} answers")


def table(findings: list[Finding]) -> str:
    """Lay the findings out for a terminal."""
    width = max(len(finding.what) for finding in findings)
    return "\n".join(f"{finding.mark:>4}  {finding.what:<{width}}  {finding.told}" for finding in findings)
