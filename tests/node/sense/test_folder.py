"""Folder: a camera made of files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

import boards
from node.errors import HardwareError
from node.options import Reader
from node.sense import TABLE, EndOfData
from node.sense.folder import Folder, Params

METERS: Final = Path(__file__).parents[4] / "shared" / "data" / "haverland_meter" / "img"


def test_folder_ends_after_its_last_picture(tmp_path: Path) -> None:
    """One a read, then the end."""
    for i in range(3):
        (tmp_path / f"{i}.pgm").write_bytes(b"P5 1 1 255\n" + bytes([10 * i]))
    sensor = Folder(Params(path=tmp_path), boards.open_ports("sim", clock="virtual"))
    assert [sensor.read().values["mean"] for _ in range(3)] == [0.0, 10.0, 20.0]
    with pytest.raises(EndOfData):
        sensor.read()


def test_folder_with_a_broken_picture_goes_on_to_the_next(tmp_path: Path) -> None:
    """A read that fails costs one picture; the camera is not stuck at it."""
    for name, content in (("a", b"P5 1 1 255\n*"), ("b", b"P5 9 9 255\n*"), ("c", b"P5 1 1 255\n+")):
        (tmp_path / f"{name}.pgm").write_bytes(content)
    sensor = Folder(Params(path=tmp_path), boards.open_ports("sim", clock="virtual"))
    assert sensor.read().values["mean"] == 42.0
    with pytest.raises(HardwareError, match=r"b\.pgm"):
        sensor.read()
    assert sensor.read().values["mean"] == 43.0


def test_folder_with_a_bad_label_is_a_problem_of_the_configuration(tmp_path: Path) -> None:
    """The operator is told before the node runs."""
    reader = Reader(tmp_path)
    assert reader.spec(TABLE, {"part": "folder", "path": ".", "label": "("}, "sense.eye") is None
    assert "no regular expression" in str(reader.problems[0])


@pytest.mark.skipif(not METERS.is_dir(), reason=f"no pictures in {METERS}")
def test_folder_of_real_meter_digits_knows_their_labels() -> None:
    """800 photographs of a water meter, 20 by 32 in colour, each named for what it shows."""
    params = Params(path=METERS, label=r"^([\d.]+)__", limit=100)
    sensor = Folder(params, boards.open_ports("sim", clock="virtual"))
    for _ in range(100):
        block = sensor.read().blocks["image"]
        assert block.data.shape == (32, 20, 3)
        assert block.truth is not None
        assert 0.0 <= float(block.truth) < 10.0
    with pytest.raises(EndOfData):
        sensor.read()
