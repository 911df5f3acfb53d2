"""The anomaly head."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from node.errors import ModelError
from node.infer.heads.anomaly import Anomaly, Params

shapes = arrays.array_shapes(min_dims=2, max_dims=2, max_side=20)


@settings(deadline=None, max_examples=50)
@given(data=st.data(), shape=shapes)
def test_anomaly_score_is_the_mean_squared_error(data: st.DataObject, shape: tuple[int, ...]) -> None:
    """Each window's score is that of numpy's plain formula, and the label follows the threshold."""
    some = arrays.arrays(np.float32, shape, elements=st.floats(-100, 100, width=32))
    output, shown = data.draw(some), data.draw(some)
    answers = Anomaly(Params(threshold=50.0)).judge(output, shown)
    expected = np.mean((output.astype(np.float64) - shown) ** 2, axis=1)
    assert [answer.values["score"] for answer in answers] == pytest.approx(expected.tolist(), rel=1e-4, abs=1e-6)
    for answer in answers:
        score = float(answer.values["score"])
        if abs(score - 50.0) > 0.01:  # the label is that of the score before it was rounded
            assert answer.values["label"] == ("anomaly" if score >= 50.0 else "normal")
        assert answer.confidence is None


def test_anomaly_of_a_model_that_is_no_autoencoder_is_refused() -> None:
    """Output and input must be equally long."""
    with pytest.raises(ModelError, match="10 numbers for 64"):
        Anomaly(Params(threshold=1.0)).judge(np.zeros((1, 10), np.float32), np.zeros((1, 64), np.float32))
