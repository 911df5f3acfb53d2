"""Judge: ask a finished model through the engine that nodes use, so that what is stated is what is met in the field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from node.infer.tflite import Params, TFLite
from node.values import Features, Sample, TimeQuality

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from node.values import Inference


def answers(path: Path, windows: npt.NDArray[np.float32]) -> Sequence[Inference]:
    """Return what the model beside its card makes of each window."""
    engine = TFLite(Params(model=path))
    nothing = Sample(time_ms=0, time_quality=TimeQuality.UNSET, values={})
    try:
        return engine.infer(nothing, Features(data=windows))
    finally:
        engine.close()
