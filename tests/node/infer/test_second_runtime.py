"""tflite-runtime, in a virtual environment of its own, answers as LiteRT does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.node.infer.forge import REAL, ZOO
from tests.node.infer.test_real_models import REFUSED, path_of

ROOT: Final = Path(__file__).parents[3]
SECOND: Final = ROOT / ".venv-tflite" / "bin" / "python"
UNDECIDED: Final = 8 / 256
"""Eight steps of an int8 softmax: XNNPACK and the reference kernels round differently in each layer."""

pytestmark = pytest.mark.skipif(
    not SECOND.exists(), reason=f"{SECOND} is absent: a Python 3.11 with tflite-runtime, numpy<2 and cbor2"
)


def told(python: str) -> dict[str, Any]:
    """Run the questions in an interpreter."""
    refused = [str(path_of(name)) for name in REFUSED] if REAL.exists() else []
    program = [python, "-m", "tests.node.infer.second_runtime", str(ZOO), *refused]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    answers: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answers


@pytest.fixture(scope="module")
def both() -> tuple[dict[str, Any], dict[str, Any]]:
    """What LiteRT says, and what tflite-runtime says."""
    return told(sys.executable), told(str(SECOND))


def test_second_runtime_is_another_one(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """The comparison compares two runtimes."""
    assert [each["runtimes"] for each in both] == [["ai_edge_litert"], ["tflite_runtime"]]


def test_second_runtime_gives_the_same_labels(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Every model, every window, in batches and alone; but for a tie, which int8 rounding may tip either way."""
    first, second = (each["asked"] for each in both)
    assert list(first) == list(second)
    for case, answers in first.items():
        apart = [one for one, other in zip(answers, second[case], strict=True) if one["label"] != other["label"]]
        assert len(apart) <= len(answers) / 200, case
        assert all(each["margin"] < UNDECIDED for each in apart), case


def test_second_runtime_gives_close_scores(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Float models to two of the last decimals; int8 ones within what rounding in every layer can move."""
    first, second = (each["asked"] for each in both)
    for case, answers in first.items():
        column = "score" if "score" in answers[0] else "confidence"
        near = UNDECIDED if "int8" in case and column == "confidence" else 2e-4
        expected = [each[column] for each in second[case]]
        assert [each[column] for each in answers] == pytest.approx(expected, rel=1e-3, abs=near), case


def test_second_runtime_refuses_the_same_models(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Every model that cannot run here is refused by both, in words."""
    for each in both:
        assert all(each["refused"].values())
    assert list(both[0]["refused"]) == list(both[1]["refused"])
