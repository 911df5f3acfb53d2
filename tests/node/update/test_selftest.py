"""Golden windows in a child process: what does not pass, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from node.update.selftest import judge
from node.update.terms import Terms
from tests.imports import ROOT
from tests.node.update.world import Node, answers, golden
from tools.models.rehearsal import ZOO, Publisher

if TYPE_CHECKING:
    from pathlib import Path

REFUSED: Final = {
    "coral_edgetpu_pairs/keras_lstm_mnist_ptq_edgetpu": "is compiled for an Edge TPU",
    "coral_edgetpu_pairs/mobilenet_v1_0.25_128_quant_edgetpu": "is compiled for an Edge TPU",
    "coral_edgetpu_pairs/split_concat_edgetpu": "is compiled for an Edge TPU",
    "coral_edgetpu_pairs/model_invoking_error": "needs the operator fake-op-double",
    "coral_edgetpu_pairs/split_concat": "has 3 inputs",
    "tflm_examples/audio_preprocessor_float": "needs the operator SignalWindow",
    "tflm_examples/audio_preprocessor_int8": "needs the operator SignalWindow",
    "tflm_examples/person_detect": "the TFLite runtime refuses",
}
"""Every model of the collections that the host's runtime refuses, and what the gateway is told."""


def refused_for(publisher: Publisher, node: Node, model: bytes, **terms: object) -> str:
    """Publish a model with golden windows that no model answers so, and return why it fails."""
    said = Terms(model="digits", version=2, card="", golden="digits@2.npz", **terms)  # type: ignore[arg-type]
    node.transmit(publisher.put(said, model, golden(answers=7.0)))
    assert node.state == "failed"
    assert answers(node) == ["digits@1"]
    return node.reason


def test_selftest_of_a_model_that_answers_otherwise_fails(publisher: Publisher, node: Node) -> None:
    """An output beyond the tolerance is no rounding."""
    assert "off; 0.01 is borne" in refused_for(publisher, node, (ZOO / "digits_int8.tflite").read_bytes())


def test_selftest_of_what_is_no_model_fails(publisher: Publisher, node: Node) -> None:
    """Neither noise nor half a model reaches the runtime."""
    assert "not a TFLite model" in refused_for(publisher, node, bytes(5000))


def test_selftest_that_takes_too_long_fails(publisher: Publisher, tmp_path: Path) -> None:
    """A model that never returns costs its time, and no more."""
    node = Node(tmp_path, publisher, selftest_s=1e-3)
    reason = refused_for(publisher, node, (ZOO / "digits_int8.tflite").read_bytes())
    assert reason == "digits@2 did not answer its golden windows within 0.001 s"


def test_selftest_without_enough_memory_fails(publisher: Publisher, tmp_path: Path) -> None:
    """A child that wants more than its limit ends, and the node does not."""
    node = Node(tmp_path, publisher, selftest_mb=8)
    assert refused_for(publisher, node, (ZOO / "digits_int8.tflite").read_bytes())


@pytest.mark.parametrize(("ceiling", "reason"), [("most_ms", "a window takes"), ("most_mb", "it takes")])
def test_selftest_over_a_ceiling_of_its_publisher_fails(ceiling: str, reason: str) -> None:
    """Right answers that come too slowly, or at the price of too much memory, are none; at the ceiling they are."""
    found = {"agree": 4, "agreed": 4, "off": 0.0, "tolerance": 0.01, "mean_ms": 20.5, "grown_mb": 20.5}
    terms = Terms(model="digits", version=2, card="")
    assert judge(found, replace(terms, **{ceiling: 21})) == ""  # type: ignore[arg-type]
    assert judge(found, replace(terms, **{ceiling: 20})).startswith(reason)  # type: ignore[arg-type]


def test_selftest_with_one_wrong_class_fails() -> None:
    """The classes of golden windows are counted, and none may be missing."""
    found = {"agree": 16, "agreed": 15, "off": 0.0, "tolerance": 0.01, "mean_ms": 1.0, "grown_mb": 1.0}
    assert judge(found, Terms(model="digits", version=2, card="")) == "15 of 16 golden windows have the right class"


@pytest.mark.parametrize(("name", "reason"), REFUSED.items())
def test_selftest_of_a_model_that_does_not_run_here_fails(
    publisher: Publisher, node: Node, name: str, reason: str
) -> None:
    """Models for an Edge TPU, with operators or shapes that are not here, are refused by name; the old one answers."""
    path = ROOT.parent / "shared" / "data" / f"{name}.tflite"
    if not path.exists():
        pytest.skip(f"no {path}")
    assert reason in refused_for(publisher, node, path.read_bytes())
