"""A model whose weights moved a little still is one, and the further they moved the longer is the delta."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from node.infer.model import Model
from tests.imports import ROOT
from tools.models.delta import delta
from tools.train.tuned import tuned

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

ZOO = ROOT / "tools" / "zoo"


def answers(folder: Path, content: bytes) -> npt.NDArray[np.float32]:
    """Return what a model makes of the held-out pictures."""
    (folder / "m.tflite").write_bytes(content)
    with np.load(ZOO / "digits_eval.npz") as pictures:
        windows = pictures["images"][:100, :, :, None].astype(np.float32)
    return Model(folder / "m.tflite", 1, 1, 0, stateful=False).run(windows)


@pytest.mark.parametrize("name", ["digits_int8", "digits_float"])
def test_tuned_model_runs_has_its_layout_and_says_much_the_same(tmp_path: Path, name: str) -> None:
    """A hundredth of their deviation is what some more training moves weights by; classes hardly change."""
    before = (ZOO / f"{name}.tflite").read_bytes()
    after = tuned(before)
    assert len(after) == len(before)
    assert after != before
    same = answers(tmp_path, before).argmax(axis=1) == answers(tmp_path, after).argmax(axis=1)
    assert same.mean() >= 0.95


@pytest.mark.parametrize("name", ["digits_int8", "digits_float", "pump_int8"])
def test_tuned_further_is_a_longer_delta(name: str) -> None:
    """Nothing moved is nothing to send; the same seed is the same model."""
    before = (ZOO / f"{name}.tflite").read_bytes()
    assert tuned(before, 0.0) == before
    assert tuned(before, seed=3) == tuned(before, seed=3) != tuned(before, seed=4)
    lengths = [len(delta(before, tuned(before, share))) for share in (0.0, 0.003, 0.01, 0.1)]
    assert lengths == sorted(set(lengths))
