"""Cards: what stands beside a model."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from node.errors import ModelError
from node.infer.card import card_of
from node.infer.heads.anomaly import Params

if TYPE_CHECKING:
    from pathlib import Path

MODEL = b"any bytes: a card does not look inside"
DIGEST = hashlib.sha256(MODEL).hexdigest()
GOOD = f"""model = "pump@2"
sha256 = "{DIGEST}"
made_by = "somebody"
[head]
part = "anomaly"
threshold = 0.5
[stated]
auc = 0.9
"""


def with_card(folder: Path, text: str) -> Path:
    """Write a model and its card."""
    (folder / "m.toml").write_text(text, "utf-8")
    (folder / "m.tflite").write_bytes(MODEL)
    return folder / "m.tflite"


def test_card_of_its_model_gives_name_and_head(tmp_path: Path) -> None:
    """What is for people and tools does not disturb."""
    card = card_of(with_card(tmp_path, GOOD))
    assert card is not None
    assert card.model == "pump@2"
    assert card.head.params == Params(threshold=0.5)


def test_card_that_is_absent_is_none(tmp_path: Path) -> None:
    """A model may come alone."""
    assert card_of(tmp_path / "m.tflite") is None


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("threshold = 0.5", "threshold = -1.0", "head.threshold"),
        ('part = "anomaly"', 'part = "anomly"', "anomaly"),
        ('model = "pump@2"', 'model = "pump"', "model"),
        ('model = "pump@2"', "model = ", "cannot read"),
        (DIGEST, "00" * 32, "sha256"),
        (f'sha256 = "{DIGEST}"', "", "sha256: missing"),
    ],
)
def test_card_with_a_mistake_is_refused_with_its_place(tmp_path: Path, right: str, wrong: str, says: str) -> None:
    """One mistake, one ModelError that says where."""
    with pytest.raises(ModelError, match=says):
        card_of(with_card(tmp_path, GOOD.replace(right, wrong)))
