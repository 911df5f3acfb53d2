"""Asked by `test_second_runtime.py` in an interpreter of its own: what this runtime makes of the zoo, as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from node.errors import ModelError
from node.infer.tflite import Params, TFLite
from node.values import Features, Sample, TimeQuality, Value

NOTHING = Sample(time_ms=0, time_quality=TimeQuality.UNSET, values={})


def windows_of(zoo: Path, name: str) -> npt.NDArray[np.float32]:
    """Return what a model is asked: real pictures, or seeded features about where the pump's lie."""
    if name.startswith("digits"):
        pictures: npt.NDArray[np.float32] = np.load(zoo / "digits_eval.npz")["images"].astype(np.float32)
        return pictures[..., np.newaxis]
    return np.random.default_rng(5).normal(-0.5, 1.0, (40, 96)).astype(np.float32)


def asked(zoo: Path) -> dict[str, list[dict[str, Value]]]:
    """Return every model's answers, together and one by one."""
    found = {}
    for model in sorted(zoo.glob("*.tflite")):
        windows = windows_of(zoo, model.stem)
        for batch in (1, 64):
            answers = TFLite(Params(model=model, batch=batch)).infer(NOTHING, Features(data=windows))
            found[f"{model.stem} in {batch}"] = [dict(answer.values) for answer in answers]
    return found


def refused(models: list[str]) -> dict[str, str]:
    """Return the words with which each model was refused, empty where it was not."""
    words = {}
    for model in models:
        try:
            TFLite(Params(model=Path(model))).infer(NOTHING, Features(data=np.zeros((1, 4), np.float32)))
            words[model] = ""
        except ModelError as error:
            words[model] = str(error)
    return words


if __name__ == "__main__":
    found = {"asked": asked(Path(sys.argv[1])), "refused": refused(sys.argv[2:])}
    runtimes = sorted({"ai_edge_litert", "tflite_runtime"} & set(sys.modules))
    sys.stdout.write(json.dumps({"runtimes": runtimes, **found}) + "\n")
