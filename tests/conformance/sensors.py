"""What is law for sensors, as checks: each takes a `Part` and raises AssertionError where the law is broken.

Every sensor is built on the sim board's virtual clock from the options in GIVEN, which point at small real files.
"""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING, Final, cast

import numpy as np

import boards
from node.sense import TABLE, EndOfData
from tests.conformance.laws import Part, parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from node.hal import Ports
    from node.sense import Sensor
    from node.values import Reading

PERIOD_S: Final = 10.0
READS: Final = 5
CHANNEL_NAME: Final = r"[a-z0-9_]{1,32}"


def sensors(folder: Path) -> list[Part]:
    """List the sensors of the sense room and of the sim board; recordings are put into the folder."""
    (folder / "table.csv").write_text("time,a,b\n" + "".join(f"{i},{i}.25,{-i}\n" for i in range(READS + 1)))
    pictures = folder / "pictures"
    pictures.mkdir()
    for i in range(READS + 1):
        (pictures / f"{i}.pgm").write_bytes(b"P5 2 2 255\n" + bytes([i, 2 * i, 3, 255]))
    given: dict[str, dict[str, object]] = {
        "bearing": {"fault_from_s": 20.0},
        "folder": {"path": str(pictures)},
        "replay": {"path": str(folder / "table.csv"), "csv": {"time": ["time"]}},
        "signal": {"noise": 1.0, "amplitude": 2.0},
    }
    return parts(TABLE, given) + parts(boards.load_board("sim").sensors, given)


def open_ports() -> Ports:
    """Open a new virtual machine."""
    return boards.open_ports("sim", clock="virtual")


def build(part: Part, ports: Ports) -> Sensor:
    """Construct the sensor."""
    return cast("Sensor", part.spec().build(ports))


def readings(sensor: Sensor, ports: Ports) -> Iterator[Reading]:
    """Read it again and again, a period apart, to the end of its recording if it has one."""
    while True:
        try:
            reading = sensor.read()
        except EndOfData:
            return
        yield reading
        ports.sleeper.sleep(PERIOD_S)


def check_channels(part: Part) -> None:
    """Its channels are known before the first read, differ, and are the same after it."""
    ports = open_ports()
    sensor = build(part, ports)
    before = tuple(sensor.channels)
    names = [channel.name for channel in before]
    assert names, "it gives nothing"
    assert len(set(names)) == len(names)
    sensor.read()
    assert tuple(sensor.channels) == before
    sensor.close()


def check_values(part: Part) -> None:
    """Each reading holds exactly the channels, as floats."""
    ports = open_ports()
    sensor = build(part, ports)
    for reading in islice(readings(sensor, ports), READS):
        assert set(reading.values) == {channel.name for channel in sensor.channels}
        assert all(type(value) is float for value in reading.values.values()), reading.values
    sensor.close()


def check_blocks(part: Part) -> None:
    """Blocks are float32 waveforms (samples, channels) with a rate, or uint8 pictures (height, width, colours)."""
    ports = open_ports()
    sensor = build(part, ports)
    shapes: dict[str, set[tuple[int, ...]]] = {}
    for reading in islice(readings(sensor, ports), READS):
        for name, block in reading.blocks.items():
            assert block.data.dtype in (np.float32, np.uint8)
            assert block.data.ndim == (2 if block.rate_hz else 3)
            assert block.data.size
            shapes.setdefault(name, set()).add(block.data.shape)
    assert all(len(each) == 1 for each in shapes.values()), shapes
    sensor.close()


def check_closing(part: Part) -> None:
    """It can be closed unread, closed twice, and read again after."""
    ports = open_ports()
    sensor = build(part, ports)
    sensor.close()
    sensor.read()
    sensor.close()
    sensor.close()
    assert set(sensor.read().values) == {channel.name for channel in sensor.channels}
    sensor.close()


def check_repeating(part: Part) -> None:
    """Two of it, built alike on clocks that run alike, give the same; the real machine's own telemetry excepted."""
    if part.name == "host":
        return
    first, second = ([_plain(each) for each in _some(part)] for _ in range(2))
    assert first == second
    assert first


def check_waiting(part: Part) -> None:
    """It never sleeps: a read leaves the virtual clock where it was."""
    ports = open_ports()
    sensor = build(part, ports)
    for _ in islice(readings(sensor, ports), 2):
        pass
    assert ports.clock.monotonic_s() <= 2 * PERIOD_S
    sensor.close()


def _some(part: Part) -> list[Reading]:
    ports = open_ports()
    sensor = build(part, ports)
    several = list(islice(readings(sensor, ports), READS))
    sensor.close()
    return several


def _plain(reading: Reading) -> object:
    """Make a reading comparable: NaN equals NaN, and arrays are their bytes."""
    values = {name: "NaN" if math.isnan(value) else value for name, value in reading.values.items()}
    return values, {name: (block.data.tobytes(), block.truth) for name, block in reading.blocks.items()}


SENSOR_LAWS: Final[dict[str, Callable[[Part], None]]] = {
    "blocks": check_blocks,
    "channels": check_channels,
    "closing": check_closing,
    "repeating": check_repeating,
    "values": check_values,
    "waiting": check_waiting,
}
