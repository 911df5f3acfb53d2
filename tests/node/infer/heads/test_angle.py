"""The angle head."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.errors import ModelError
from node.infer.heads.angle import Angle, Params


def judged(params: Params, sine: float, cosine: float) -> tuple[float, float]:
    """Return the column and the confidence for one point."""
    output = np.array([[sine, cosine]], np.float32)
    (answer,) = Angle(params).judge(output, output)
    assert answer.confidence is not None
    return float(answer.values[params.name]), answer.confidence


@settings(deadline=None, max_examples=200)
@given(degrees=st.floats(-720, 720), length=st.floats(0.05, 1.9), zero_deg=st.floats(-360, 360))
def test_angle_of_a_point_is_where_it_points(degrees: float, length: float, zero_deg: float) -> None:
    """The length moves the confidence, never the angle; the angle is in [0, 360)."""
    turn = math.radians(degrees + zero_deg)
    found, confidence = judged(Params(zero_deg=zero_deg), length * math.sin(turn), length * math.cos(turn))
    apart = (found - degrees + 180) % 360 - 180
    assert abs(apart) < 1e-3
    assert 0 <= found < 360
    assert confidence == pytest.approx(1 - abs(1 - length), abs=1e-5)


def test_angle_on_a_dial_reads_its_units() -> None:
    """A quarter turn of a meter's pointer is 2.5 of ten."""
    value, confidence = judged(Params(name="digit", turn=10.0), 1.0, 0.0)
    assert value == pytest.approx(2.5)
    assert confidence == 1.0


def test_angle_of_no_direction_has_no_confidence() -> None:
    """A point in the middle, or far outside, is believed not at all."""
    assert judged(Params(), 0.0, 0.0)[1] == 0.0
    assert judged(Params(), 3.0, 0.0)[1] == 0.0


def test_angle_just_below_zero_is_not_a_full_turn() -> None:
    """Rounding never gives 360 itself."""
    assert judged(Params(), -1e-30, 1.0)[0] < 360.0


def test_angle_of_another_number_of_outputs_is_refused() -> None:
    """It takes a sine and a cosine."""
    with pytest.raises(ModelError, match="not a sine and a cosine"):
        Angle(Params()).judge(np.zeros((1, 3), np.float32), np.zeros((1, 3), np.float32))
