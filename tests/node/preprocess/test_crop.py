"""Laws of crop: a box of the picture, pixel for pixel."""

import numpy as np
import pytest

from tests.node.preprocess.made import applied, transform

DATA = np.arange(2 * 7 * 9 * 3, dtype=np.float32).reshape(2, 7, 9, 3)


def test_crop_without_a_place_takes_the_centre() -> None:
    """As much is cut off on one side as on the other."""
    assert np.array_equal(applied(transform("crop", height=3, width=5), DATA), DATA[:, 2:5, 2:7])


def test_crop_at_a_place_takes_the_box_there() -> None:
    """Row 0 is a place, not a missing one."""
    assert np.array_equal(applied(transform("crop", height=3, width=5, top=0, left=4), DATA), DATA[:, :3, 4:])


def test_crop_of_a_picture_without_colours_works_alike() -> None:
    """(windows, height, width) is a picture as well."""
    assert np.array_equal(applied(transform("crop", height=7, width=1, left=8), DATA[..., 0]), DATA[:, :, 8:, 0])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"height": 8, "width": 1}, "height: 8 from 0 on does not fit into a picture of 7"),
        ({"height": 1, "width": 5, "left": 5}, "width: 5 from 5 on does not fit into a picture of 9"),
    ],
)
def test_crop_past_the_rim_is_refused(options: dict[str, object], words: str) -> None:
    """It does not pad: made-up pixels would be shown to the model."""
    with pytest.raises(ValueError, match=words):
        applied(transform("crop", **options), DATA)
