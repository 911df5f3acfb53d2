"""The shipped models, asked through the engine that nodes use: they reach what their cards state."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from tools.train import pump
from tools.train.judge import answers

ZOO: Final = Path(__file__).parents[2] / "tools" / "zoo"
MODELS: Final = sorted(path.stem for path in ZOO.glob("*.tflite"))
SMALL: Final = "digits_small_int8"
DIGITS: Final = [name for name in MODELS if name.startswith("digits")]


def card(name: str) -> dict[str, Any]:
    """Read a whole card."""
    return tomllib.loads((ZOO / f"{name}.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", DIGITS)
def test_digits_on_held_out_pictures_reach_what_is_stated(name: str) -> None:
    """The stated accuracy is the accuracy, to the picture, and above 98 %; of a cascade's lower tier above 97 %."""
    held_out = np.load(ZOO / "digits_eval.npz")
    pictures = held_out["images"].astype(np.float32)[..., np.newaxis]
    said = [int(str(answer.values["label"])) for answer in answers(ZOO / f"{name}.tflite", pictures)]
    accuracy = 100 * float(np.mean(np.array(said) == held_out["labels"]))
    assert accuracy == pytest.approx(card(name)["stated"]["accuracy_percent"], abs=0.01)
    assert accuracy >= (97.0 if name == SMALL else 98.0)


def test_digits_int8_costs_at_most_the_promised_points() -> None:
    """int8 and separable convolutions together lose at most 0.4 points against standard convolutions in float32."""
    stated = {name: card(name)["stated"]["accuracy_percent"] for name in DIGITS}
    assert stated["digits_float"] - stated["digits_int8"] <= 0.4
    assert stated["digits_standard_float"] - stated["digits_int8"] <= 0.4


def test_digits_held_out_pictures_are_real_and_balanced() -> None:
    """360 pictures of 8 x 8 in 17 greys, every digit 34 to 38 times, no picture twice."""
    held_out = np.load(ZOO / "digits_eval.npz")
    images = held_out["images"]
    assert images.shape == (360, 8, 8)
    assert images.dtype == np.uint8
    assert images.max() == 16
    assert set(np.bincount(held_out["labels"])) <= {34, 35, 36, 37, 38}
    assert len({each.tobytes() for each in images}) == 360


def test_digits_held_out_pictures_are_those_the_training_leaves_out() -> None:
    """The shipped slice is the split's, and no picture of it is among those that were learned from or stopped by."""
    pytest.importorskip("sklearn", reason="scikit-learn ships the pictures")
    from tools.train.digits import split

    shipped = np.load(ZOO / "digits_eval.npz")
    learning, validation, held_out = split()
    assert np.array_equal(held_out.images[..., 0], shipped["images"])
    assert np.array_equal(held_out.digits, shipped["labels"])
    seen = {each.tobytes() for part in (learning, validation) for each in part.images}
    assert len(learning.images) + len(validation.images) + 360 == 1797
    assert not seen & {each.tobytes() for each in held_out.images}


def test_calibration_pictures_are_those_that_the_small_model_never_saw() -> None:
    """They are the split's, none of them was learned from or stopped by, and none is held out for the judgement."""
    pytest.importorskip("sklearn", reason="scikit-learn ships the pictures")
    from tools.train.digits import split
    from tools.train.small import parted

    shipped = np.load(ZOO / "digits_calibration.npz")
    learning, validation, held_out = split()
    learning, calibration = parted(learning)
    assert np.array_equal(calibration.images[..., 0], shipped["images"])
    assert np.array_equal(calibration.digits, shipped["labels"])
    seen = {each.tobytes() for part in (learning, validation, held_out) for each in part.images}
    assert not seen & {each.tobytes() for each in calibration.images}


def test_pump_on_new_blocks_separates_faulty_from_healthy() -> None:
    """On blocks of seeds that no training saw: ROC AUC 1 where the fault is plain, and no false alarm."""
    model, threshold = ZOO / "pump_int8.tflite", card("pump_int8")["head"]["threshold"]
    healthy = pump.scores(model, pump.features("none", 0.0, seed=901, count=300))
    assert (healthy < threshold).all()
    for fault in ("outer", "inner"):
        faulty = pump.scores(model, pump.features(fault, 0.3, seed=902, count=100))
        assert pump.roc_auc(healthy, faulty) > 0.999
        assert (faulty >= threshold).all()


def test_pump_scores_grow_with_the_fault() -> None:
    """The deeper the spall, the higher the score; a healthy bearing is lowest."""
    model = ZOO / "pump_int8.tflite"
    means = [pump.scores(model, pump.features("outer", deep, seed=7, count=60)).mean() for deep in (0.0, 0.1, 0.3, 1.0)]
    assert means == sorted(means)
    assert means[-1] > 5 * means[0]


def test_pump_auc_of_shuffled_labels_is_a_half() -> None:
    """The control: healthy against healthy cannot be told apart, so the figure above is not the arithmetic's."""
    model = ZOO / "pump_int8.tflite"
    one, other = (pump.scores(model, pump.features("none", 0.0, seed=seed, count=200)) for seed in (21, 22))
    assert pump.roc_auc(one, other) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("name", MODELS)
def test_card_states_size_chain_and_head(name: str) -> None:
    """Every model has a card whose size and preprocessing are the model's and the code's."""
    stated = card(name)
    assert stated["size_bytes"] == (ZOO / f"{name}.tflite").stat().st_size
    assert stated.get("preprocess", []) == (pump.CHAIN if name == "pump_int8" else [])
    assert stated["model"] == f"{name}@1"


def test_zoo_is_small() -> None:
    """Everything that is committed stays under 300 kB."""
    assert sum(path.stat().st_size for path in ZOO.iterdir()) < 300_000


@pytest.mark.parametrize("name", MODELS)
def test_readme_states_size_and_accuracy_of_each(name: str) -> None:
    """The table for people says what the cards say."""
    row = next(line for line in (ZOO / "README.md").read_text("utf-8").splitlines() if line.startswith(f"| `{name}`"))
    stated = card(name)
    assert f"{stated['size_bytes']:,}" in row
    if name in DIGITS:
        assert f"{stated['stated']['accuracy_percent']} %" in row
