"""The regression head."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.errors import ModelError
from node.infer.heads.regression import Params, Regression


@settings(deadline=None, max_examples=50)
@given(x=st.floats(-1e3, 1e3, width=32), scale=st.floats(-10, 10), offset=st.floats(-10, 10))
def test_regression_scales_each_named_number(x: float, scale: float, offset: float) -> None:
    """A column is the model's number times scale plus offset, in the order of the names."""
    params = Params(names=("litres", "bar"), scale=scale, offset=offset)
    output = np.array([[x, 2 * x], [0, 1]], np.float32)
    first, second = Regression(params).judge(output, output)
    assert dict(first.values) == {"litres": x * scale + offset, "bar": 2 * x * scale + offset}
    assert dict(second.values) == {"litres": offset, "bar": scale + offset}
    assert first.confidence is None


def test_regression_of_another_number_of_outputs_is_refused() -> None:
    """Numbers without a name, or names without a number, are a mistake."""
    with pytest.raises(ModelError, match="3 numbers, names has 1"):
        Regression(Params()).judge(np.zeros((1, 3), np.float32), np.zeros((1, 3), np.float32))


@pytest.mark.parametrize("names", [(), ("a", "a")])
def test_regression_names_that_overwrite_each_other_are_refused(names: tuple[str, ...]) -> None:
    """Every number has a column of its own."""
    with pytest.raises(ValueError, match="different"):
        Params(names=names)
