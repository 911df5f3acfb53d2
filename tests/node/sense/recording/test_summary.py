"""Summaries: their definitions, on arrays of any kind."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.sense.recording.summary import Summariser, Summary

ALL: Final[tuple[Summary, ...]] = ("crest", "difference", "mean", "peak", "rms")


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=50))
def test_summaries_of_a_waveform_keep_their_order(numbers: list[float]) -> None:
    """|mean| <= rms <= peak, and crest is peak over rms."""
    found = Summariser(ALL).of(np.array(numbers, dtype=np.float32)[:, np.newaxis])
    assert abs(found["mean"]) <= found["rms"] * (1 + 1e-9) + 1e-12
    assert found["rms"] <= found["peak"] * (1 + 1e-9)
    if found["rms"] > 0:
        assert found["crest"] == pytest.approx(found["peak"] / found["rms"])


def test_summaries_of_a_sine_are_the_books() -> None:
    """The rms is amplitude over the root of two, crest the root of two."""
    sine = (3 * np.sin(np.linspace(0, 20 * math.pi, 10_000, endpoint=False))).astype(np.float32)[:, np.newaxis]
    found = Summariser(ALL).of(sine)
    assert found["rms"] == pytest.approx(3 / math.sqrt(2), rel=1e-4)
    assert found["crest"] == pytest.approx(math.sqrt(2), rel=1e-4)
    assert found["mean"] == pytest.approx(0.0, abs=1e-6)


def test_summaries_of_silence_have_no_crest() -> None:
    """Nothing over nothing is no reading, and no error."""
    found = Summariser(ALL).of(np.zeros((8, 1), dtype=np.float32))
    assert math.isnan(found["crest"])
    assert found["peak"] == 0.0


def test_difference_to_a_block_of_another_shape_is_none() -> None:
    """A camera that changed its resolution has nothing to compare with, once."""
    summariser = Summariser(("difference",))
    found = [summariser.of(np.zeros(shape, dtype=np.uint8)) for shape in ((2, 2, 1), (3, 3, 1), (3, 3, 1))]
    assert [math.isnan(each["difference"]) for each in found] == [True, True, False]


def test_summaries_with_a_prefix_are_channels_of_that_name() -> None:
    """Names and channels agree, in the order asked for; none asked for, none made."""
    summariser = Summariser(("rms", "peak"), "sound_")
    assert [channel.name for channel in summariser.channels] == ["sound_rms", "sound_peak"]
    assert list(summariser.of(np.ones((2, 1), dtype=np.float32))) == ["sound_rms", "sound_peak"]
    assert Summariser(()).of(np.ones((2, 1), dtype=np.float32)) == {}
