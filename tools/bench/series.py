"""The recorded series that `tools.bench wire` is measured on: real data, read where it lies, never copied.

A series is a table of one device: times in milliseconds and columns. Where a file gives a rate and no times, the
times are what a node's clock would have said, to the millisecond.
"""

from __future__ import annotations

import csv
import struct
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from node.wire.messages import Column

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA: Final = Path(__file__).resolve().parents[3] / "shared" / "data"
START_MS: Final = 1_700_000_000_000
"""When a recording without a date is said to have begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One device's recording.

    Attributes:
        name: folder and file.
        times_ms: one a row.
        columns: equally long; `width` 32 where the source is float32.
    """

    name: str
    times_ms: Sequence[int]
    columns: Sequence[Column]

    def batches(self, rows: int) -> Iterator[tuple[Sequence[int], Sequence[int], list[Column]]]:
        """Cut into full batches of seqs, times and columns; a last, shorter one is left out."""
        for start in range(0, len(self.times_ms) - rows + 1, rows):
            cut = slice(start, start + rows)
            columns = [Column(name=each.name, values=each.values[cut], width=each.width) for each in self.columns]
            yield range(start, start + rows), self.times_ms[cut], columns


def every(data: Path = DATA) -> Iterator[Series]:
    """Read every time series that is there, one after the other."""
    for read in (_ambient, _typical_year, _midc, _motion, motes, _air, _occupancy, _battery, _ecg, _aeon, _audio):
        yield from read(data)


def _number(text: str) -> float | int:
    """Read a number as a sensor gave it: whole where it is written so."""
    try:
        return int(text)
    except ValueError:
        return float(text)


def _columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Column]:
    return [
        Column(name=name, values=[_number(text) for text in values])
        for name, values in zip(names, zip(*rows, strict=True), strict=True)
    ]


def _ms(text: str, shape: str) -> int:
    return round(datetime.strptime(text, shape).replace(tzinfo=UTC).timestamp() * 1000)


def _at_rate(count: int, rate_hz: float) -> list[int]:
    return [START_MS + int(i * 1000 / rate_hz) for i in range(count)]


def _ambient(data: Path) -> Iterator[Series]:
    """Office temperature each hour, road occupancy each five minutes (NAB)."""
    for path in sorted((data / "nab_ambient").glob("*.csv")):
        rows = _table(path)
        times = [_ms(row["timestamp"], "%Y-%m-%d %H:%M:%S") for row in rows]
        yield Series(name=f"nab/{path.stem}", times_ms=times, columns=_columns(["value"], [[r["value"]] for r in rows]))


def _typical_year(data: Path) -> Iterator[Series]:
    """A typical meteorological year, hourly (TMY3): the columns that a weather station measures."""
    path = data / "solar" / "723170TYA.CSV"
    wanted = {
        "ghi": "GHI (W/m^2)",
        "dni": "DNI (W/m^2)",
        "dhi": "DHI (W/m^2)",
        "temperature": "Dry-bulb (C)",
        "dew_point": "Dew-point (C)",
        "humidity": "RHum (%)",
        "pressure": "Pressure (mbar)",
        "wind_direction": "Wdir (degrees)",
        "wind_speed": "Wspd (m/s)",
        "albedo": "Alb (unitless)",
    }
    with path.open(newline="") as file:
        next(file)
        rows = list(csv.DictReader(file))
    times = [_tmy_ms(row["Date (MM/DD/YYYY)"], row["Time (HH:MM)"]) for row in rows]
    values = [[row[each] for each in wanted.values()] for row in rows]
    yield Series(name="solar/tmy3", times_ms=times, columns=_columns(list(wanted), values))


def _tmy_ms(date: str, time: str) -> int:
    """Read TMY3's local time, whose days end at 24:00."""
    hour = datetime.strptime(date, "%m/%d/%Y").replace(tzinfo=UTC) + timedelta(hours=int(time[:2]))
    return round(hour.timestamp() * 1000)


def _midc(data: Path) -> Iterator[Series]:
    """A day of irradiance and temperatures each minute (NREL MIDC)."""
    with (data / "solar" / "midc_20181014.txt").open(newline="") as file:
        next(file)
        rows = list(csv.reader(file))
    times = [_ms(f"{row[0]} {row[1]}", "%m/%d/%Y %H:%M") for row in rows]
    names = ["ghi", "ghi_sum", "temperature_2m", "temperature_50m", "temperature_80m"]
    yield Series(name="solar/midc", times_ms=times, columns=_columns(names, [row[2:7] for row in rows]))


def _motion(data: Path) -> Iterator[Series]:
    """Acceleration in mg at 26 Hz, three axes (ST)."""
    for path in sorted((data / "stm_har").glob("*/*.csv")):
        rows = [line.split(",") for line in path.read_text().splitlines() if line.strip()]
        columns = _columns(["x", "y", "z"], rows)
        yield Series(name=f"stm_har/{path.stem}", times_ms=_at_rate(len(rows), 26), columns=columns)


def motes(data: Path) -> Iterator[Series]:
    """Humidity and temperature of four TelosB motes, each five seconds."""
    rows = _table(data / "suthaharan_singlehop" / "data.csv")
    for mote in sorted({row["mote_id"] for row in rows}):
        mine = [row for row in rows if row["mote_id"] == mote]
        columns = _columns(["humidity", "temperature"], [[row["humidity"], row["temperature"]] for row in mine])
        times = [START_MS + 5000 * int(row["reading"]) for row in mine]
        yield Series(name=f"suthaharan/mote{mote}", times_ms=times, columns=columns)


def _air(data: Path) -> Iterator[Series]:
    """Gas sensors each hour, -200 where one said nothing (UCI 360)."""
    rows = _table(data / "uci_airquality" / "AirQualityUCI.csv")
    names = [name for name in rows[0] if name not in {"Date", "Time"}]
    columns = _columns([name.lower() for name in names], [[row[name] for name in names] for row in rows])
    times = [_ms(f"{row['Date']} {row['Time']}", "%d/%m/%Y %H:%M:%S") for row in rows]
    yield Series(name="uci/airquality", times_ms=times, columns=columns)


def _occupancy(data: Path) -> Iterator[Series]:
    """An office each minute: temperature, humidity, light, CO2, humidity ratio, occupied or not (UCI 357)."""
    with (data / "uci_occupancy_train" / "datatraining.txt").open(newline="") as file:
        next(file)
        rows = list(csv.reader(file))
    names = ["temperature", "humidity", "light", "co2", "humidity_ratio", "occupancy"]
    times = [_ms(row[1], "%Y-%m-%d %H:%M:%S") for row in rows]
    yield Series(name="uci/occupancy", times_ms=times, columns=_columns(names, [row[2:] for row in rows]))


def _battery(data: Path) -> Iterator[Series]:
    """A cell's voltage under constant current, each second."""
    for path in sorted((data / "battery").glob("*_discharge_U.txt")):
        rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
        times = [START_MS + round(float(row[0]) * 1000) for row in rows]
        yield Series(
            name=f"battery/{path.stem}", times_ms=times, columns=_columns(["voltage"], [[row[1]] for row in rows])
        )


def _ecg(data: Path) -> Iterator[Series]:
    """An electrocardiogram, 360 Hz, 11 bits of the converter."""
    path = data / "ecg" / "ecg.dat"
    with path.open("rb") as file:
        values = [int(each) for each in np.load(file)["ecg"]]
    yield Series(name="ecg/mitbih208", times_ms=_at_rate(len(values), 360), columns=[Column(name="adc", values=values)])


def _aeon(data: Path) -> Iterator[Series]:
    """Three recordings kept as float32, their cases end to end."""
    for problem, rate_hz in (("BasicMotions", 10.0), ("GunPoint", 30.0), ("ItalyPowerDemand", 1 / 3600)):
        text = (data / "aeon_ts" / f"{problem}_TRAIN.ts").read_text()
        cases = [line.split(":")[:-1] for line in text.split("@data", 1)[1].split() if line]
        channels = [[_float32(each) for case in cases for each in case[i].split(",")] for i in range(len(cases[0]))]
        columns = [Column(name=f"c{i}", values=values, width=32) for i, values in enumerate(channels)]
        yield Series(name=f"aeon/{problem}", times_ms=_at_rate(len(channels[0]), rate_hz), columns=columns)


def _float32(text: str) -> float:
    return float(struct.unpack("<f", struct.pack("<f", float(text)))[0])


def _audio(data: Path) -> Iterator[Series]:
    """Sound at 16 kHz, 16 bits: sixteen rows a millisecond."""
    for path in sorted((data / "tflm_examples").glob("*.wav")):
        with wave.open(str(path)) as file:
            values = np.frombuffer(file.readframes(file.getnframes()), "<i2")
            times = _at_rate(len(values), file.getframerate())
        yield Series(
            name=f"audio/{path.stem}", times_ms=times, columns=[Column(name="sound", values=[int(v) for v in values])]
        )


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
