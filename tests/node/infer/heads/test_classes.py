"""The classes head."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from node.errors import ModelError
from node.infer.heads.classes import Classes, Params, softmax

if TYPE_CHECKING:
    from pathlib import Path

    from node.infer.heads import Answer

logits = st.lists(st.floats(-50, 50, width=32), min_size=2, max_size=12)


def judged(params: Params, *rows: list[float]) -> list[Answer]:
    """Show the head some rows."""
    output = np.array(rows, np.float32)
    return list(Classes(params).judge(output, output))


def number(answer: Answer, column: str) -> float:
    """Return a column that holds a number."""
    return float(answer.values[column])


def test_classes_names_the_largest_with_its_lead() -> None:
    """Label, confidence and margin are what they say, window by window."""
    first, second = judged(Params(labels=("cat", "dog", "cow")), [0.1, 0.7, 0.2], [0.5, 0.5, 0.0])
    assert first.values == pytest.approx({"label": "dog", "confidence": 0.7, "margin": 0.5}, nan_ok=False)
    assert first.confidence == pytest.approx(0.7)
    assert second.values["label"] == "cat"
    assert second.values["margin"] == 0.0


@settings(deadline=None, max_examples=100)
@given(row=logits, temperature=st.floats(0.1, 20))
def test_classes_temperature_moves_confidence_never_the_label(row: list[float], temperature: float) -> None:
    """Hotter is less sure; the winner stays, but for numbers that float32 can no longer tell apart."""
    (plain,) = judged(Params(logits=True), row)
    (scaled,) = judged(Params(logits=True, temperature=temperature), row)
    winner = int(str(scaled.values["label"]))
    assert np.float32(row[winner]) == pytest.approx(max(row), abs=1e-4)
    assert plain.confidence is not None
    assert scaled.confidence is not None
    assert (scaled.confidence - plain.confidence) * (1 - temperature) >= -1e-5


@settings(deadline=None, max_examples=100)
@given(row=logits)
def test_softmax_is_a_probability_whatever_is_added(row: list[float]) -> None:
    """It adds up to 1, and a constant on all logits changes nothing."""
    chances = softmax(np.array([row], np.float32))
    assert float(chances.sum()) == pytest.approx(1, abs=1e-5)
    assert softmax(np.array([row], np.float32) + 64) == pytest.approx(chances, abs=1e-3)


@settings(deadline=None, max_examples=50)
@given(row=st.lists(st.floats(-4, 4, width=32), min_size=2, max_size=5), temperature=st.floats(0.5, 4))
def test_classes_temperature_on_probabilities_is_that_on_logits(row: list[float], temperature: float) -> None:
    """A model that ends in a softmax is calibrated as one that does not, above the floor of an int8 softmax."""
    chances = softmax(np.array([row], np.float32))
    assume(chances.min() >= 1 / 512)
    (direct,) = judged(Params(logits=True, temperature=temperature), row)
    (indirect,) = judged(Params(temperature=temperature), chances[0].tolist())
    assert indirect.confidence == pytest.approx(direct.confidence, abs=1e-4)


def test_classes_logits_taken_for_probabilities_are_refused() -> None:
    """A confidence of 7 or of -24 is never sent."""
    with pytest.raises(ModelError, match="logits = true"):
        judged(Params(), [7.0, -24.0])


def test_classes_other_number_of_labels_is_refused() -> None:
    """Labels that do not fit the model are named with both counts."""
    with pytest.raises(ModelError, match="3 numbers, but there are 2 labels"):
        judged(Params(labels=("a", "b")), [0.1, 0.2, 0.7])


def test_classes_labels_file_is_read(tmp_path: Path) -> None:
    """One word a line, blank lines aside."""
    (tmp_path / "labels.txt").write_text("cat\n\ndog \n", "utf-8")
    (answer,) = judged(Params(labels_file=tmp_path / "labels.txt"), [0.2, 0.8])
    assert answer.values["label"] == "dog"


def test_classes_labels_file_that_is_absent_is_a_model_error(tmp_path: Path) -> None:
    """The message says which file."""
    with pytest.raises(ModelError, match=r"labels\.txt"):
        judged(Params(labels_file=tmp_path / "labels.txt"), [0.2, 0.8])


def test_classes_two_sources_of_labels_are_refused(tmp_path: Path) -> None:
    """Neither is silently preferred."""
    with pytest.raises(ValueError, match="keep one"):
        Params(labels=("a",), labels_file=tmp_path)
