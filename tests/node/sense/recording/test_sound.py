"""Sound: the file's integers come back exactly, in blocks of one shape."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest

from node.errors import HardwareError
from node.sense.recording.sound import Params, Sound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def put(folder: Path, samples: Sequence[int], *, dtype: str = "<i2", channels: int = 1, rate_hz: int = 4) -> Path:
    """Write a WAV file."""
    path = folder / "sound.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(np.dtype(dtype).itemsize)
        file.setframerate(rate_hz)
        file.writeframes(np.array(samples, dtype=dtype).tobytes())
    return path


def blocks(path: Path, params: Params) -> list[list[list[float]]]:
    """Return the data of every block."""
    return [take.reading().blocks[params.block].data.tolist() for take in Sound(path, params).takes()]


def test_sound_in_blocks_is_cut_evenly(tmp_path: Path) -> None:
    """Two samples a block; the odd one at the end is left out."""
    path = put(tmp_path, [1, 2, 3, 4, 5])
    assert blocks(path, Params(block_s=0.5, full_scale=32768.0)) == [[[1], [2]], [[3], [4]]]
    assert [take.time_s() for take in Sound(path, Params(block_s=0.5)).takes()] == [0.0, 0.5]


def test_sound_whole_is_one_block(tmp_path: Path) -> None:
    """A block of 0 s is the file."""
    reading = next(Sound(put(tmp_path, [0, 16384, -32768, 32767]), Params(block_s=0.0, truth="yes")).takes()).reading()
    block = reading.blocks["sound"]
    assert block.data.dtype == np.float32
    assert block.data.ravel().tolist() == [0.0, 0.5, -1.0, 32767 / 32768]
    assert (block.rate_hz, block.truth) == (4.0, "yes")


def test_sound_of_every_int16_comes_back_exactly(tmp_path: Path) -> None:
    """A float32 holds 16 bits whole, whatever the full scale."""
    every = list(range(-32768, 32768))
    path = put(tmp_path, every, rate_hz=8000)
    assert np.ravel(blocks(path, Params(block_s=0.0, full_scale=32768.0))).tolist() == every
    assert (np.ravel(blocks(path, Params(block_s=0.0))) * 32768).tolist() == every


@pytest.mark.parametrize(("dtype", "low", "high"), [("u1", 0, 255), ("<i4", -(2**31), 2**30)])
def test_sound_of_other_widths_has_the_same_scale(tmp_path: Path, dtype: str, low: int, high: int) -> None:
    """8 bits are unsigned about 128, 32 bits signed; -1 is the lowest of each."""
    found = np.ravel(blocks(put(tmp_path, [low, high], dtype=dtype), Params(block_s=0.0)))
    assert found[0] == -1.0
    assert found[1] == (127 / 128 if dtype == "u1" else 0.5)


def test_sound_in_stereo_has_two_columns(tmp_path: Path) -> None:
    """(samples, channels)."""
    found = blocks(put(tmp_path, [1, -1, 2, -2], channels=2), Params(block_s=0.0, full_scale=32768.0))
    assert found == [[[1, -1], [2, -2]]]


def test_summaries_of_sound_are_its_level(tmp_path: Path) -> None:
    """The rms and peak of the block, in full scale."""
    values = next(Sound(put(tmp_path, [16384, -16384]), Params(block_s=0.0)).takes()).reading().values
    assert values == {"sound_rms": 0.5, "sound_peak": 0.5}


def test_sound_shorter_than_a_block_says_so(tmp_path: Path) -> None:
    """It is neither padded with a silence that was not there, nor silently nothing."""
    with pytest.raises(HardwareError, match=r"shorter than a block of 60 s; lower `block_s`"):
        next(Sound(put(tmp_path, [1, 2, 3]), Params(block_s=60.0)).takes())


@pytest.mark.parametrize("content", [None, b"", b"no sound", b"RIFF\x04\0\0\0WAVE"])
def test_sound_that_is_none_says_what_is_needed(tmp_path: Path, content: bytes | None) -> None:
    """Absent, empty or another kind of file: the path, and what would do."""
    path = tmp_path / "x.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(HardwareError, match=r"x\.wav: .*PCM WAV"):
        next(Sound(path, Params()).takes())


def test_sound_of_24_bits_is_refused(tmp_path: Path) -> None:
    """It says which widths can be read."""
    path = tmp_path / "x.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 3, 8000, 0, "NONE", "not compressed"))
        file.writeframes(bytes(30))
    with pytest.raises(HardwareError, match="24 bits a sample; 8, 16 and 32"):
        next(Sound(path, Params(block_s=0.0)).takes())
