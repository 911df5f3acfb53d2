"""Larger models, asked through both runtimes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from gateway.errors import EscalationError
from gateway.escalate.engine import Engine, opened
from gateway.escalate.scripted import Scripted
from gateway.escalate.window import Said, judged
from tests.gateway.escalate.forge import linear
from tests.imports import ROOT
from tools.train.judge import answers

if TYPE_CHECKING:
    from pathlib import Path

ZOO: Final = ROOT / "tools" / "zoo"
CARD: Final = 'model = "lines@1"\n[head]\npart = "classes"\nlabels = ["a", "b", "c"]\nlogits = true\n'


def pictures(count: int) -> np.ndarray:
    """Return some of the held-out digits, as a node's model is shown them."""
    with np.load(ZOO / "digits_eval.npz") as held_out:
        return np.asarray(held_out["images"][:count, :, :, None], np.float32)


@pytest.mark.parametrize("name", ["digits_standard_float", "digits_int8", "digits_small_int8"])
def test_tflite_answers_what_a_node_would(name: str) -> None:
    """Label and confidence of each window are those of the node's own engine, all windows at once."""
    windows = pictures(40)
    engine = opened(ZOO / f"{name}.tflite", 1)
    said = engine.answer(windows)
    known = answers(ZOO / f"{name}.tflite", windows)
    assert [each.label for each in said] == [each.values["label"] for each in known]
    # An int8 softmax adds up to 1 give or take a few 256ths; the gateway makes it 1.
    assert [each.confidence for each in said] == pytest.approx([each.confidence for each in known], abs=0.02)
    assert engine.model == f"{name}@1"
    assert len(engine.answer(windows[:3])) == 3


@pytest.mark.parametrize("batch", [None, 1])
def test_onnx_answers_by_its_weights(tmp_path: Path, batch: int | None) -> None:
    """A linear model says the class whose weights fit, whether its first axis is open or one."""
    pytest.importorskip("onnxruntime", reason="ONNX Runtime has no wheel here")
    (tmp_path / "lines.onnx").write_bytes(linear(np.eye(3, dtype=np.float32) * 4.0, batch=batch))
    (tmp_path / "lines.toml").write_text(CARD)
    engine = opened(tmp_path / "lines.onnx", 1)
    said = engine.answer(np.array([[0, 1, 0], [0, 0, 1]], np.float32))
    assert [each.label for each in said] == ["b", "c"]
    assert said[0].confidence == pytest.approx(np.exp(4) / (np.exp(4) + 2), abs=1e-3)


def test_engine_whose_windows_do_not_fit_says_so() -> None:
    """A window of another size is a reason, not a crash; the next one is answered."""
    engine = opened(ZOO / "digits_int8.tflite", 1)
    with pytest.raises(EscalationError, match="windows of"):
        engine.answer(np.zeros((2, 7), np.float32))
    assert len(engine.answer(pictures(2))) == 2


def test_engine_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    """No card, no runtime, no model: each has its reason."""
    shutil.copy(ZOO / "digits_int8.tflite", tmp_path / "bare.tflite")
    (tmp_path / "noise.tflite").write_bytes(b"noise" * 9)
    (tmp_path / "noise.toml").write_text(CARD)
    for name, reason in (
        ("bare.tflite", "needs one beside it"),
        ("noise.tflite", "no TFLite"),
        ("m.bin", "no runtime"),
    ):
        with pytest.raises(EscalationError, match=reason):
            opened(tmp_path / name, 1)
    shutil.copy(ZOO / "pump_int8.tflite", tmp_path)
    shutil.copy(ZOO / "pump_int8.toml", tmp_path)
    with pytest.raises(EscalationError, match="no classifier"):
        opened(tmp_path / "pump_int8.tflite", 1)


def test_scripted_engine_is_an_engine_that_answers_or_fails() -> None:
    """The fake keeps the interface: an answer a window, or EscalationError."""
    sure = Said(label="7", confidence=1.0, margin=1.0)
    engine: Engine = Scripted(lambda window: sure if window.any() else None)
    assert list(engine.answer(np.ones((2, 3), np.float32))) == [sure, sure]
    with pytest.raises(EscalationError):
        engine.answer(np.zeros((1, 3), np.float32))


def test_judged_refuses_what_is_no_classification() -> None:
    """Another number of classes than of labels, or no numbers, is refused."""
    with pytest.raises(ValueError, match="labels"):
        judged(np.ones((1, 3), np.float32), ("a", "b"), 1.0, logits=True)
    with pytest.raises(ValueError, match="answer of"):
        judged(np.array([[np.nan, 1.0]], np.float32), (), 1.0, logits=True)
