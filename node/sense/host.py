"""Host: the machine that the node runs on, from /proc and /sys alone.

    load_1m        processes, one-minute mean            proc(5) loadavg
    cpu_busy       ratio since the last read             proc(5) stat
    memory_used    ratio, by MemAvailable                proc(5) meminfo
    disk_used      ratio, as `df` counts it              statvfs(3)
    network_rx/tx  bytes a second, but the loopback's    proc(5) net/dev
    uptime         seconds                               proc(5) uptime
    temperature    Cel, of the processor                 sysfs-class-thermal, else sysfs-class-hwmon

A channel exists where its file did when the sensor was made: a machine without a thermometer has no `temperature`. A
file that vanishes later gives NaN. What counts up needs two reads to become a rate: it is NaN in the first.
"""

from __future__ import annotations

import contextlib
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from node.options import option
from node.values import Channel, Reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from node.hal import Ports

CPU_ZONES: Final = ("cpu", "x86_pkg_temp", "soc", "coretemp", "k10temp")
"""Words in the names of thermometers that sit on a processor; they are preferred, in this order."""


DECIMALS: Final = {"cpu_busy": 4, "disk_used": 4, "memory_used": 4, "network_rx": 0, "network_tx": 0, "temperature": 3}
"""What is worth telling of each channel; two decimals of the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Options of `host`."""

    disk: Path = option("a place on the file system that `disk_used` watches", default=Path("/"))
    root: Path = option("where `proc` and `sys` are; for tests", default=Path("/"))


class Host:
    """The node's own telemetry."""

    def __init__(self, params: Params, ports: Ports) -> None:
        """See which files there are."""
        self._root = params.root
        self._disk = params.disk
        self._clock = ports.clock
        self._thermometer = find_thermometer(params.root)
        self._ticks, self._bytes = Rates(), Rates()
        self.channels: Sequence[Channel] = tuple(self._probe())

    def read(self) -> Reading:
        """Read every file once."""
        found: dict[str, float] = {}
        sources = (self._cpu, self._load, self._memory, self._disk_used, self._network, self._uptime, self._temperature)
        for source in sources:
            # What vanished, or is not as proc(5) has it, stays out of `found` and becomes NaN.
            with contextlib.suppress(OSError, ValueError, LookupError, ZeroDivisionError):
                found |= source()
        # Digits beyond these are noise of the division, and each would cost a node that sends them half a byte.
        told = {name: round(value, DECIMALS.get(name, 2)) for name, value in found.items()}
        return Reading(values={channel.name: told.get(channel.name, math.nan) for channel in self.channels})

    def close(self) -> None:
        """Forget the counters: the next read is a first one."""
        self._ticks, self._bytes = Rates(), Rates()

    def _probe(self) -> list[Channel]:
        files: list[tuple[str, Sequence[Channel]]] = [
            ("proc/stat", [Channel(name="cpu_busy", unit="1")]),
            ("proc/loadavg", [Channel(name="load_1m")]),
            ("proc/meminfo", [Channel(name="memory_used", unit="1")]),
            ("proc/net/dev", [Channel(name="network_rx", unit="By/s"), Channel(name="network_tx", unit="By/s")]),
            ("proc/uptime", [Channel(name="uptime", unit="s")]),
        ]
        channels = [each for path, several in files for each in several if (self._root / path).exists()]
        if self._disk.exists():
            channels.append(Channel(name="disk_used", unit="1"))
        if self._thermometer is not None:
            channels.append(Channel(name="temperature", unit="Cel"))
        return channels

    def _text(self, path: str) -> str:
        return (self._root / path).read_text("ascii", errors="replace")

    def _load(self) -> Mapping[str, float]:
        return {"load_1m": float(self._text("proc/loadavg").split()[0])}

    def _memory(self) -> Mapping[str, float]:
        fields = dict(line.split(":") for line in self._text("proc/meminfo").splitlines() if ":" in line)
        total, available = (float(fields[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
        return {"memory_used": 1 - available / total}

    def _disk_used(self) -> Mapping[str, float]:
        disk = os.statvfs(self._disk)
        used = disk.f_blocks - disk.f_bfree
        return {"disk_used": used / (used + disk.f_bavail)}

    def _uptime(self) -> Mapping[str, float]:
        return {"uptime": float(self._text("proc/uptime").split()[0])}

    def _temperature(self) -> Mapping[str, float]:
        if self._thermometer is None:
            return {}
        return {"temperature": int(self._thermometer.read_text()) / 1000}

    def _cpu(self) -> Mapping[str, float]:
        rates = self._ticks.of(cpu_ticks(self._text("proc/stat")), self._clock.monotonic_s())
        return {"cpu_busy": min(rates["busy"] / rates["total"], 1.0)}

    def _network(self) -> Mapping[str, float]:
        return self._bytes.of(network_bytes(self._text("proc/net/dev")), self._clock.monotonic_s())


class Rates:
    """Counters to rates: the difference to the last time over the seconds since."""

    def __init__(self) -> None:
        """Know no last time."""
        self._before: Mapping[str, float] = {}
        self._before_s = 0.0

    def of(self, counters: Mapping[str, float], now_s: float) -> dict[str, float]:
        """Return what each grew by a second; NaN the first time, and where it went backwards (a device was reset)."""
        elapsed_s = now_s - self._before_s
        grown = {name: count - self._before.get(name, math.nan) for name, count in counters.items()}
        self._before, self._before_s = counters, now_s
        return {name: each / elapsed_s if each >= 0 and elapsed_s > 0 else math.nan for name, each in grown.items()}


def cpu_ticks(stat: str) -> dict[str, float]:
    """Return the ticks that all processors were busy, and in all.

    `guest` is part of `user` already; `iowait` is idle time (proc(5), stat).

    >>> cpu_ticks("cpu  10 1 4 80 5 0 0 0 3 0")
    {'busy': 15.0, 'total': 100.0}
    """
    user, nice, system, idle, iowait, *rest = (float(each) for each in stat.split("\n", 1)[0].split()[1:9])
    busy = user + nice + system + sum(rest)
    return {"busy": busy, "total": busy + idle + iowait}


def network_bytes(dev: str) -> dict[str, float]:
    r"""Return bytes received and sent over all interfaces but the loopback.

    >>> network_bytes("a|b\nc|d\n  lo: 5 0 0 0 0 0 0 0 5 0\neth0: 7 0 0 0 0 0 0 0 9 0")
    {'network_rx': 7.0, 'network_tx': 9.0}
    """
    lines = (line.partition(":") for line in dev.splitlines()[2:])
    columns = [rest.split() for name, _, rest in lines if name.strip() != "lo"]
    if not columns:
        raise LookupError("no interface but the loopback")
    return {
        "network_rx": float(sum(int(each[0]) for each in columns)),
        "network_tx": float(sum(int(each[8]) for each in columns)),
    }


def find_thermometer(root: Path) -> Path | None:
    """Find the file with the processor's temperature in thousandths of a degree; the first there is, where none is its.

    Source: Linux, Documentation/ABI/testing/sysfs-class-thermal and sysfs-class-hwmon.
    """
    zones = [(each / "type", each / "temp") for each in sorted(root.glob("sys/class/thermal/thermal_zone*"))]
    chips = [(each.parent / "name", each) for each in sorted(root.glob("sys/class/hwmon/hwmon*/temp1_input"))]
    found = {path: _name(name) for name, path in [*zones, *chips] if _is_number(path)}
    for word in CPU_ZONES:
        for path, name in found.items():
            if word in name:
                return path
    return next(iter(found), None)


def _name(path: Path) -> str:
    try:
        return path.read_text().strip().lower()
    except OSError:
        return ""


def _is_number(path: Path) -> bool:
    """Tell whether the thermometer answers; some zones are there and say EAGAIN or EINVAL for ever."""
    try:
        int(path.read_text())
    except (OSError, ValueError):
        return False
    return True
