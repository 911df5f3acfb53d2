"""Replay: the kind of file decides, and real recordings play from end to end."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

import boards
from node.errors import HardwareError
from node.options import Reader
from node.sense import EndOfData
from node.sense.recording import arrays, layout, sound
from node.sense.replay import Params, Replay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from node.values import Reading

DATA: Final = Path(__file__).parents[4] / "shared" / "data"
TABLES: Final = sorted(DATA.glob("*/*.csv")) + sorted(DATA.glob("stm_har/*/*.csv"))[::10]
SOUNDS: Final = sorted(DATA.glob("tflm_examples/*.wav"))

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no recordings in {DATA}")


def played(params: Params) -> Iterator[Reading]:
    """Read to the end."""
    sensor = Replay(params, boards.open_ports("sim", clock="virtual"))
    while True:
        try:
            yield sensor.read()
        except EndOfData:
            sensor.close()
            return


def recorded(path: Path) -> Path:
    """Return a recording, or skip where it is absent."""
    if not path.is_file():
        pytest.skip(f"{path} is absent")
    return path


def test_replay_goes_by_the_suffix_or_as_told(tmp_path: Path) -> None:
    """`.wav` and `.npz` by their names, whatever their case; `kind` overrules."""
    with (tmp_path / "x.dat").open("wb") as file:
        np.savez(file, x=np.zeros((1, 2, 2)))
    assert next(played(Params(path=tmp_path / "x.dat", kind="npz"))).blocks["image"].data.shape == (2, 2, 1)
    (tmp_path / "x.WAV").write_text("a\n1\n")
    assert next(played(Params(path=tmp_path / "x.WAV", kind="csv"))).values == {"a": 1.0}
    with pytest.raises(HardwareError, match="PCM WAV"):
        next(played(Params(path=tmp_path / "x.WAV")))


def test_options_of_replay_are_read_from_a_file(tmp_path: Path) -> None:
    """What a configuration says of a kind of file stands in a table of its own; paths are relative to the file."""
    reader = Reader(tmp_path)
    table = {"path": "x.csv", "pace": "recorded", "csv": {"channels": ["t=T"], "sentinels": [-200]}}
    params = reader.read(Params, table, "sense.air")
    assert params is not None, reader.problems
    assert params.path == tmp_path / "x.csv"
    assert params.csv == layout.Params(channels=("t=T",), sentinels=(-200.0,))


@pytest.mark.parametrize("kind", ["csv", "npz", "wav"])
def test_replay_of_an_absent_file_is_built_and_then_refuses_to_read(tmp_path: Path, kind: str) -> None:
    """Neither constructing nor looking at the channels fails; every read says what is missing."""
    sensor = Replay(Params(path=tmp_path / f"gone.{kind}"), boards.open_ports("sim", clock="virtual"))
    assert len(sensor.channels) == (0 if kind == "csv" else 2)
    for _ in range(2):
        with pytest.raises(HardwareError, match=rf"gone\.{kind}"):
            sensor.read()
    sensor.close()


def test_replay_read_again_after_the_file_came_back_goes_on(tmp_path: Path) -> None:
    """A card that was put in late is read from then on."""
    path = tmp_path / "late.csv"
    sensor = Replay(Params(path=path), boards.open_ports("sim", clock="virtual"))
    with pytest.raises(HardwareError):
        sensor.read()
    path.write_text("a\n1\n")
    assert sensor.read().values == {"a": 1.0}


@needs_data
@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name)
def test_replay_of_a_real_table_gives_every_number_exactly(path: Path) -> None:
    """Against the standard library's csv: as many rows, and each number as float() makes it."""
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    has_header = rows[0][0][:1].isalpha()
    readings = list(played(Params(path=path)))
    assert len(readings) == len(rows) - has_header
    for row, reading in zip(rows[has_header:], readings, strict=True):
        numbers = [float(cell) for cell in row if _is_number(cell)]
        assert list(reading.values.values()) == numbers


@needs_data
def test_replay_of_occupancy_as_r_wrote_it_plays_by_its_times() -> None:
    """Quoted, with one column more than names, a minute apart: read every ten minutes, every tenth row is seen."""
    path = recorded(DATA / "uci_occupancy_train" / "datatraining.txt")
    ports = boards.open_ports("sim", clock="virtual")
    sensor = Replay(Params(path=path, pace="recorded", csv=layout.Params(channels=("row", "Temperature"))), ports)
    seen = []
    for _ in range(20):
        seen.append(sensor.read().values["row"])
        ports.sleeper.sleep(600.0)
    assert seen == pytest.approx([1 + 10 * i for i in range(20)], abs=1)


@needs_data
def test_replay_of_air_quality_takes_its_times_from_two_columns() -> None:
    """Day and hour joined, in the day-first format of their country."""
    path = recorded(DATA / "uci_airquality" / "AirQualityUCI.csv")
    options = layout.Params(
        channels=("temperature=T",), time=("Date", "Time"), time_format="%d/%m/%Y %H:%M:%S", sentinels=(-200.0,)
    )
    ports = boards.open_ports("sim", clock="virtual")
    sensor = Replay(Params(path=path, pace="recorded", csv=options), ports)
    first = sensor.read().values["temperature"]
    ports.sleeper.sleep(2 * 3600.0)
    assert (first, sensor.read().values["temperature"]) == (13.6, 11.9)


@needs_data
def test_replay_of_a_weather_year_skips_its_preamble() -> None:
    """A TMY3 file has a line on the station before its header: 8,760 hours, the sun never below zero."""
    path = recorded(DATA / "solar" / "723170TYA.CSV")
    options = layout.Params(skip_lines=1, channels=("ghi=GHI (W/m^2)",))
    values = [reading.values["ghi"] for reading in played(Params(path=path, csv=options))]
    assert len(values) == 8760
    assert min(values) == 0.0
    assert 900.0 < max(values) < 1200.0


@needs_data
@pytest.mark.parametrize("path", SOUNDS, ids=lambda path: path.name)
def test_replay_of_real_sound_gives_its_samples(path: Path) -> None:
    """Speech at 16 kHz: the block holds the very integers of the file's end."""
    options = sound.Params(block_s=0.0, full_scale=32768.0)
    (reading,) = played(Params(path=path, wav=options))
    block = reading.blocks["sound"]
    assert block.rate_hz == 16000.0
    tail = np.frombuffer(path.read_bytes()[-64:], dtype="<i2")
    np.testing.assert_array_equal(block.data[-32:, 0], tail)
    assert reading.values["sound_peak"] == np.abs(block.data).max()


@needs_data
def test_replay_of_an_ecg_is_cut_into_seconds() -> None:
    """Five minutes at 360 Hz in an npz that is not called one."""
    path = recorded(DATA / "ecg" / "ecg.dat")
    options = arrays.Params(data="ecg", block="ecg", samples=360, rate_hz=360.0, summaries=("mean",))
    readings = list(played(Params(path=path, kind="npz", npz=options)))
    assert len(readings) == 300
    with np.load(path) as file:
        assert np.mean([reading.values["mean"] for reading in readings]) == pytest.approx(file["ecg"].mean())


def test_replay_of_many_rows_holds_no_more_than_one(tmp_path: Path) -> None:
    """A recording of a year is not read into memory: what is given is forgotten."""
    path = tmp_path / "long.csv"
    path.write_text("x\n" + "".join(f"{i}\n" for i in range(50_000)))
    total = 0.0
    for reading in played(Params(path=path)):
        total += reading.values["x"]
    assert total == math.comb(50_000, 2)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
