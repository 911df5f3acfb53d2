"""Laws of the tapers: sums of cosines that repeat without a seam."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.preprocess.taper import COSINES, Taper, taper


def test_taper_of_every_name_has_its_cosines() -> None:
    """What a configuration may name can be made."""
    assert set(COSINES) == set(get_args(Taper))


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 100))
def test_taper_hann_overlapped_by_half_adds_up_to_one(half: int) -> None:
    """The periodic form is the one that overlaps without ripples."""
    hann = taper("hann", 2 * half)
    assert np.allclose(hann[:half] + hann[half:], 1)


@pytest.mark.parametrize("name", get_args(Taper))
def test_taper_of_every_name_peaks_at_one_in_the_middle(name: Taper) -> None:
    """A sample in the middle counts in full."""
    made = taper(name, 64)
    assert made[32] == pytest.approx(1.0)
    assert made.max() == pytest.approx(1.0)
