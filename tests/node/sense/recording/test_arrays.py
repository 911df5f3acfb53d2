"""Arrays: items of an npz file as pictures and waveforms, with their labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from node.errors import HardwareError
from node.sense.recording.arrays import Arrays, Params

if TYPE_CHECKING:
    from pathlib import Path

    from node.values import Block, Reading


def put(folder: Path, **arrays: object) -> Path:
    """Write an npz file."""
    path = folder / "arrays.npz"
    np.savez(path, allow_pickle=False, **{name: np.asarray(each) for name, each in arrays.items()})
    return path


def readings(path: Path, params: Params | None = None) -> list[Reading]:
    """Return every take."""
    return [take.reading() for take in Arrays(path, params or Params()).takes()]


def blocks(path: Path, params: Params | None = None) -> list[Block]:
    """Return every block."""
    return [block for reading in readings(path, params) for block in reading.blocks.values()]


@pytest.mark.parametrize(
    ("shape", "dtype", "rate_hz", "expected"),
    [
        ((3, 8, 8), "u1", 0.0, ((8, 8, 1), "u1")),
        ((3, 8, 8, 3), "u1", 0.0, ((8, 8, 3), "u1")),
        ((3, 8, 8), "f8", 0.0, ((8, 8, 1), "f4")),
        ((3, 100), "f4", 50.0, ((100, 1), "f4")),
        ((3, 100, 2), "i2", 50.0, ((100, 2), "f4")),
    ],
)
def test_arrays_of_a_shape_become_blocks(
    tmp_path: Path, shape: tuple[int, ...], dtype: str, rate_hz: float, expected: tuple[tuple[int, ...], str]
) -> None:
    """A picture has three axes, a waveform two; uint8 stays, all else is float32."""
    found = blocks(put(tmp_path, x=np.ones(shape, dtype)), Params(rate_hz=rate_hz))
    assert len(found) == 3
    assert {(each.data.shape, each.data.dtype.str[1:]) for each in found} == {expected}
    assert {each.rate_hz for each in found} == {rate_hz}


def test_labels_of_arrays_are_the_truth(tmp_path: Path) -> None:
    """Named arrays; numbers become words, as a model's labels are."""
    path = put(tmp_path, other=[0], images=np.zeros((2, 2, 2), "u1"), labels=[7, 3])
    assert [each.truth for each in blocks(path, Params(data="images", labels="labels"))] == ["7", "3"]
    assert [each.truth for each in blocks(path, Params(data="images"))] == [None, None]


def test_summaries_of_pictures_tell_how_much_changed(tmp_path: Path) -> None:
    """The mean, and the mean absolute difference to the picture before: NaN for the first, no wrap-around."""
    pictures = np.array([[[0, 10]], [[255, 10]], [[255, 10]]], dtype=np.uint8)
    first, second, third = (each.values for each in readings(put(tmp_path, x=pictures)))
    assert np.isnan(first["difference"])
    assert first["mean"] == 5.0
    assert second == {"difference": 127.5, "mean": 132.5}
    assert third["difference"] == 0.0


def test_series_is_cut_into_blocks(tmp_path: Path) -> None:
    """An ECG of one dimension, a block of samples at a time; the rest at the end is left out."""
    found = blocks(put(tmp_path, ecg=np.arange(7, dtype=np.uint16)), Params(samples=3, rate_hz=360.0))
    assert [each.data.ravel().tolist() for each in found] == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


def test_takes_of_arrays_are_a_period_apart(tmp_path: Path) -> None:
    """The file does not say when; the options do."""
    takes = Arrays(put(tmp_path, x=np.zeros((3, 2, 2))), Params(period_s=60.0)).takes()
    assert [take.time_s() for take in takes] == [0.0, 60.0, 120.0]


@pytest.mark.parametrize(
    ("arrays", "params", "said"),
    [
        ({"x": [1, 2, 3]}, Params(), "needs `npz.samples`"),
        ({"x": [1, 2, 3]}, Params(samples=4), "at most that many"),
        ({"x": [[1]]}, Params(data="y"), "y"),
        ({"x": [[1]], "y": [1, 2]}, Params(labels="y"), "1 takes and 2 labels"),
        ({}, Params(), "cannot read"),
    ],
)
def test_arrays_that_cannot_serve_say_why(
    tmp_path: Path, arrays: dict[str, list[object]], params: Params, said: str
) -> None:
    """The message names the file and what the options should say."""
    with pytest.raises(HardwareError, match=said) as caught:
        readings(put(tmp_path, **arrays), params)
    assert "arrays.npz" in str(caught.value)


@pytest.mark.parametrize("content", [None, b"", b"no zip", b"PK\x03\x04 cut short"])
def test_arrays_that_are_none_say_where(tmp_path: Path, content: bytes | None) -> None:
    """Absent, empty or another kind of file."""
    path = tmp_path / "x.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(HardwareError, match=r"x\.npz"):
        readings(path)


def test_arrays_of_python_objects_are_refused(tmp_path: Path) -> None:
    """A pickle runs code; a recording must not."""
    path = tmp_path / "x.npz"
    np.savez(path, x=np.array([{"a": 1}], dtype=object))
    with pytest.raises(HardwareError, match=r"x\.npz"):
        readings(path)
