"""The host: from the kernel's files to numbers, on a fake root and on this machine."""

from __future__ import annotations

import math
import os
import shutil
from pathlib import Path

import pytest

import boards
from node.sense.host import Host, Params, Rates, find_thermometer

STAT = "cpu  {} 0 0 {} 0 0 0 0 0 0\ncpu0 1 2 3 4\nintr 5\n"
NET = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier
    lo: 999999    10    0    0    0     0          0         0   999999    10    0    0    0     0       0          0
  eth0: {}    10    0    0    0     0          0         0   {}    10    0    0    0     0       0          0
 wlan0:100    10    0    0    0     0          0         0   200    10    0    0    0     0       0          0
"""


def write(root: Path, path: str, text: str) -> None:
    """Put a file under the fake root."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine with everything."""
    write(tmp_path, "proc/stat", STAT.format(100, 900))
    write(tmp_path, "proc/loadavg", "0.52 0.58 0.59 1/467 12345\n")
    write(tmp_path, "proc/meminfo", "MemTotal:  1000 kB\nMemFree:  100 kB\nMemAvailable:  250 kB\nHugePages_Total: 0\n")
    write(tmp_path, "proc/net/dev", NET.format(1000, 2000))
    write(tmp_path, "proc/uptime", "350735.47 234388.90\n")
    write(tmp_path, "sys/class/thermal/thermal_zone0/type", "cpu-thermal\n")
    write(tmp_path, "sys/class/thermal/thermal_zone0/temp", "48312\n")
    return tmp_path


def test_host_of_a_whole_machine_reads_everything(root: Path) -> None:
    """Each channel is what its file says; rates are not known yet."""
    sensor = Host(Params(root=root, disk=root), boards.open_ports("sim", clock="virtual"))
    values = dict(sensor.read().values)
    assert values["load_1m"] == 0.52
    assert values["memory_used"] == 0.75
    assert values["uptime"] == 350735.47
    assert values["temperature"] == 48.312
    assert 0.0 < values["disk_used"] < 1.0
    assert {name for name, value in values.items() if math.isnan(value)} == {"cpu_busy", "network_rx", "network_tx"}


def test_host_read_twice_knows_the_rates(root: Path) -> None:
    """Bytes a second on all interfaces but the loopback, and the busy share of the ticks between."""
    ports = boards.open_ports("sim", clock="virtual")
    sensor = Host(Params(root=root), ports)
    sensor.read()
    ports.sleeper.sleep(10.0)
    write(root, "proc/stat", STAT.format(130, 970))
    write(root, "proc/net/dev", NET.format(6000, 2500))
    values = sensor.read().values
    assert values["cpu_busy"] == pytest.approx(0.3)
    assert values["network_rx"] == 500.0
    assert values["network_tx"] == 50.0


def test_host_whose_counters_went_back_has_no_rate(root: Path) -> None:
    """A network card that was reset did not receive a negative number of bytes."""
    ports = boards.open_ports("sim", clock="virtual")
    sensor = Host(Params(root=root), ports)
    sensor.read()
    ports.sleeper.sleep(10.0)
    write(root, "proc/net/dev", NET.format(5, 3000))
    values = sensor.read().values
    assert math.isnan(values["network_rx"])
    assert values["network_tx"] == 100.0


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("proc/stat", {"cpu_busy"}),
        ("proc/loadavg", {"load_1m"}),
        ("proc/meminfo", {"memory_used"}),
        ("proc/net/dev", {"network_rx", "network_tx"}),
        ("proc/uptime", {"uptime"}),
        ("sys/class/thermal", {"temperature"}),
    ],
)
def test_host_without_a_file_has_no_such_channel_and_losing_it_gives_nan(
    root: Path, path: str, names: set[str]
) -> None:
    """Absent at the start: no channel. Vanished later: NaN, never zero, and the others go on."""
    ports = boards.open_ports("sim", clock="virtual")
    losing = Host(Params(root=root), ports)
    losing.read()
    ports.sleeper.sleep(1.0)
    expected = set(losing.read().values)
    target = root / path
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    ports.sleeper.sleep(1.0)
    values = losing.read().values
    assert set(values) == expected
    assert {name for name, value in values.items() if math.isnan(value)} - {"cpu_busy"} == names - {"cpu_busy"}
    assert {channel.name for channel in Host(Params(root=root), ports).channels} == expected - names


@pytest.mark.parametrize("text", ["", "nonsense\n", "1 2\n", "MemTotal: 0 kB\nMemAvailable: 0 kB\n"])
def test_host_with_garbled_files_gives_nan(root: Path, text: str) -> None:
    """What is not as proc(5) has it is no reading."""
    sensor = Host(Params(root=root), boards.open_ports("sim", clock="virtual"))
    for name in ("stat", "meminfo", "net/dev"):
        write(root, f"proc/{name}", text)
    values = sensor.read().values
    assert all(math.isnan(values[name]) for name in ("cpu_busy", "memory_used", "network_rx", "network_tx"))


def test_network_of_the_loopback_alone_is_no_reading(root: Path) -> None:
    """Without a card there is no traffic of zero bytes: there is no traffic to speak of."""
    ports = boards.open_ports("sim", clock="virtual")
    sensor = Host(Params(root=root), ports)
    only_lo = "\n".join(NET.splitlines()[:3])
    for _ in range(2):
        write(root, "proc/net/dev", only_lo)
        values = sensor.read().values
        ports.sleeper.sleep(1.0)
    assert math.isnan(values["network_rx"])


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"thermal/thermal_zone0": "acpitz", "thermal/thermal_zone1": "x86_pkg_temp"}, 1),
        ({"thermal/thermal_zone0": "battery"}, 0),
        ({"hwmon/hwmon0": "nvme", "hwmon/hwmon1": "k10temp"}, 1),
        ({"thermal/thermal_zone0": "iwlwifi", "hwmon/hwmon0": "coretemp"}, 1),
    ],
)
def test_thermometer_found_is_the_processors(tmp_path: Path, files: dict[str, str], expected: int | None) -> None:
    """A sensor on the processor is preferred, by its name; any other is better than none."""
    paths = []
    for folder, name in files.items():
        label, number = ("name", "temp1_input") if "hwmon" in folder else ("type", "temp")
        write(tmp_path, f"sys/class/{folder}/{label}", f"{name}\n")
        paths.append(f"sys/class/{folder}/{number}")
        write(tmp_path, paths[-1], "40000\n")
    assert find_thermometer(tmp_path) == (None if expected is None else tmp_path / paths[expected])


def test_thermometer_that_does_not_answer_is_none(tmp_path: Path) -> None:
    """Some zones exist and say EAGAIN for ever; an empty file stands for one."""
    write(tmp_path, "sys/class/thermal/thermal_zone0/type", "cpu\n")
    write(tmp_path, "sys/class/thermal/thermal_zone0/temp", "")
    assert find_thermometer(tmp_path) is None


def test_rates_of_a_new_counter_are_not_known() -> None:
    """A counter that appears has no last time; the others keep theirs."""
    rates = Rates()
    rates.of({"a": 1.0}, 1.0)
    found = rates.of({"a": 3.0, "b": 9.0}, 2.0)
    assert found["a"] == 2.0
    assert math.isnan(found["b"])


def test_host_of_this_machine_tells_the_truth() -> None:
    """On real files: the kernel's own answers, within what may change between two looks."""
    sensor = Host(Params(), boards.open_ports("generic"))
    values = sensor.read().values
    names = {channel.name for channel in sensor.channels}
    assert {"cpu_busy", "load_1m", "memory_used", "disk_used", "uptime"} <= names
    assert values["load_1m"] == pytest.approx(os.getloadavg()[0], abs=2.0)
    assert 0.0 < values["memory_used"] < 1.0
    disk = shutil.disk_usage("/")
    assert values["disk_used"] == pytest.approx(disk.used / (disk.used + disk.free), abs=0.01)
    assert values["uptime"] == pytest.approx(float(Path("/proc/uptime").read_text().split()[0]), abs=60.0)


def test_units_of_the_host_are_those_of_the_wire() -> None:
    """A well-known name means the same here as there."""
    from node.wire.quantities import QUANTITIES

    known = {quantity.name: quantity.unit for quantity in QUANTITIES}
    for channel in Host(Params(), boards.open_ports("generic")).channels:
        assert known[channel.name] == channel.unit
