"""Laws of the start: a sample's block, or its channels as one row."""

from pathlib import Path

import numpy as np
import pytest

from node.errors import HardwareError
from node.options import Reader
from node.preprocess.start import Params, Start
from node.values import Block, Sample, TimeQuality

SAMPLE = Sample(
    time_ms=0,
    time_quality=TimeQuality.SYNCED,
    values={"t": 20.5, "h": 40.0},
    blocks={
        "audio": Block(data=np.ones((100, 2), np.float32), rate_hz=8000, truth="hum"),
        "picture": Block(data=np.full((8, 6, 3), 255, np.uint8)),
    },
)


def test_start_with_channels_gives_one_row_in_their_order() -> None:
    """The model's order is the configuration's, whatever the sample's; what is not there is NaN."""
    features = Start(Params(channels=("h", "x", "t"))).features(SAMPLE)
    assert np.array_equal(features.data, np.array([[40.0, np.nan, 20.5]], np.float32), equal_nan=True)
    assert features.data.dtype == np.float32


def test_start_with_a_block_gives_one_window_of_it() -> None:
    """The block's own axes follow the windows'; its label comes along."""
    features = Start(Params(block="audio")).features(SAMPLE)
    assert features.data.shape == (1, 100, 2)
    assert features.truth == "hum"


def test_start_with_bytes_gives_the_same_numbers_as_float32() -> None:
    """A pixel of 255 is 255.0: no scaling in secret."""
    data = Start(Params(block="picture")).features(SAMPLE).data
    assert data.dtype == np.float32
    assert np.array_equal(data, np.full((1, 8, 6, 3), 255.0))


def test_start_does_not_alias_the_sample() -> None:
    """What a later stage does to its features cannot reach the sample."""
    assert not np.shares_memory(Start(Params(block="audio")).features(SAMPLE).data, SAMPLE.blocks["audio"].data)


def test_start_without_the_block_says_which_there_are() -> None:
    """The message ends the search."""
    with pytest.raises(HardwareError, match=r"no block 'camera'; it has: audio, picture"):
        Start(Params(block="camera")).features(SAMPLE)


@pytest.mark.parametrize("table", [{}, {"block": "audio", "channels": ["t"]}])
def test_start_with_neither_or_both_is_refused(table: dict[str, object]) -> None:
    """It must know what to take."""
    reader = Reader(Path())
    assert reader.read(Params, table, "start") is None
    assert "one of the two" in str(reader.problems[0])
