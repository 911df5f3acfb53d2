"""How sure a classifier is, by three measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.infer.confidence import MEASURES
from node.infer.heads.classes import Classes, Params

if TYPE_CHECKING:
    from node.infer.confidence import Measure

weights = st.lists(st.floats(0.001, 1.0), min_size=2, max_size=12)


def chances(given_weights: list[float]) -> list[float]:
    """Make probabilities of some weights."""
    total = sum(given_weights)
    return [each / total for each in given_weights]


@pytest.mark.parametrize("measure", MEASURES)
@settings(deadline=None, max_examples=60)
@given(drawn=weights)
def test_measure_lies_between_0_and_1_whatever_the_order(measure: Measure, drawn: list[float]) -> None:
    """Every measure is from 0 to 1, and does not care which class is which."""
    row = chances(drawn)
    told = MEASURES[measure](row)
    assert 0.0 <= told <= 1.0
    assert MEASURES[measure](sorted(row)) == pytest.approx(told)


@pytest.mark.parametrize("measure", MEASURES)
@settings(deadline=None, max_examples=60)
@given(first=st.floats(0.5, 1.0), second=st.floats(0.5, 1.0))
def test_measures_of_two_classes_order_windows_alike(measure: Measure, first: float, second: float) -> None:
    """With two classes, whoever has the larger winner is the surer by every measure."""
    low, high = sorted((first, second))
    assert MEASURES[measure]([low, 1.0 - low]) <= MEASURES[measure]([high, 1.0 - high]) + 1e-12


def test_entropy_tells_what_the_winner_alone_does_not() -> None:
    """Of two windows with the same winner, the one whose rest is spread is less sure by entropy, more by margin."""
    rival, spread = [0.5, 0.5, 0.0, 0.0], [0.5, 0.2, 0.15, 0.15]
    assert MEASURES["max"](rival) == MEASURES["max"](spread)
    assert MEASURES["entropy"](rival) > MEASURES["entropy"](spread)
    assert MEASURES["margin"](rival) < MEASURES["margin"](spread)


@pytest.mark.parametrize("measure", MEASURES)
def test_head_answers_by_the_measure_that_was_chosen(measure: Measure) -> None:
    """The column and the answer's own confidence are the measure's; label and margin are as ever."""
    output = np.array([[0.1, 0.6, 0.3]], np.float32)
    (answer,) = Classes(Params(confidence=measure)).judge(output, output)
    assert answer.confidence == pytest.approx(MEASURES[measure](output[0].tolist()))
    assert answer.values == pytest.approx(
        {"label": "1", "confidence": round(answer.confidence or 0.0, 4), "margin": 0.3}
    )
