"""Golden windows in a child process: what does not pass, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from node.update.terms import Terms
from tests.imports import ROOT
from tests.node.update.world import Node, answers, golden
from tools.models.rehearsal import ZOO, Publisher

if TYPE_CHECKING:
    from pathlib import Path


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


@pytest.mark.parametrize("name", ["coral_edgetpu_pairs", "tflm_examples"])
def test_selftest_of_a_model_with_an_operator_that_is_not_here_fails(
    publisher: Publisher, node: Node, name: str
) -> None:
    """Models compiled for an Edge TPU, or for a microcontroller's own kernels, are refused with the operator's name."""
    folder = ROOT.parent / "shared" / "data" / name
    found = sorted(
        path for path in folder.rglob("*.tflite") if any(word in path.name for word in ("_edgetpu", "preprocessor"))
    )
    if not found:
        pytest.skip(f"no models in {folder}")
    smallest = min(found, key=lambda path: path.stat().st_size)
    assert any(word in refused_for(publisher, node, smallest.read_bytes()) for word in ("Edge TPU", "operator"))
