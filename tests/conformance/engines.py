"""What is law for engines: the checks, and the least options of each part."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from node.errors import ModelError
from node.infer import TABLE, Engine
from node.values import Features, Sample, TimeQuality
from tests.conformance.laws import Part, parts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ZOO: Final = Path(__file__).parents[2] / "tools" / "zoo"
GIVEN: Final[Mapping[str, Mapping[str, object]]] = {
    "rules": {"rules": [{"channel": "t", "op": ">", "value": 30.0, "label": "hot"}], "channels": ["t"]},
    "tflite": {"model": str(ZOO / "digits_int8.tflite")},
}
ENGINES: Final = parts(TABLE, GIVEN)
JUDGES_SAMPLES: Final = frozenset({"readings", "rules"})
"""They give one inference a sample, whatever the windows."""


def engine_of(part: Part) -> Engine:
    """Construct one."""
    return cast("Engine", part.build())


def sample(t: float = 21.5) -> Sample:
    """Make a sample."""
    return Sample(time_ms=1, time_quality=TimeQuality.SYNCED, values={"t": t, "h": 40.0})


def windows(count: int) -> Features:
    """Make some windows that the model of GIVEN takes."""
    rng = np.random.default_rng(count)
    return Features(data=rng.integers(0, 17, (count, 8, 8, 1)).astype(np.float32), truth="3")


def check_one_a_window(part: Part) -> None:
    """There is one inference a window, none for none; what judges samples gives one a sample."""
    for count in (0, 1, 2, 7):
        answers = engine_of(part).infer(sample(), windows(count))
        assert len(answers) == (1 if part.name in JUDGES_SAMPLES else count)


def check_values(part: Part) -> None:
    """Columns are named as the wire wants them, the same in every inference, and hold numbers or words."""
    answers = engine_of(part).infer(sample(), windows(3))
    assert answers
    for answer in answers:
        assert list(answer.values) == list(answers[0].values)
        assert all(name.isascii() and name.replace("_", "a").isalnum() and name.islower() for name in answer.values)
        # A numpy scalar is no float to the wire: it must be Python's own.
        assert all(type(value) in {float, int, str} for value in answer.values.values())
        assert answer.confidence is None or 0.0 <= answer.confidence <= 1.0


def check_deterministic(part: Part) -> None:
    """The same question gets the same answer: again, from a fresh engine, and after other questions."""
    engine = engine_of(part)
    first = engine.infer(sample(), windows(5))
    engine.infer(sample(99.0), windows(2))
    assert engine.infer(sample(), windows(5)) == first
    assert engine_of(part).infer(sample(), windows(5)) == first


def check_features_kept(part: Part) -> None:
    """Neither sample nor features are written to."""
    shown, seen = windows(4), sample()
    before, values = shown.data.copy(), dict(seen.values)
    engine_of(part).infer(seen, shown)
    assert np.array_equal(shown.data, before)
    assert seen.values == values


def check_missing_reading(part: Part) -> None:
    """A sample whose channels have no reading is answered all the same: NaN, or a word for it, never a number."""
    for answer in engine_of(part).infer(sample(math.nan), windows(1)):
        assert math.isnan(float(answer.values.get("t", math.nan)))


def check_without_features(part: Part) -> None:
    """Without features an engine answers from the sample, or says in a ModelError that it needs them."""
    if part.name in JUDGES_SAMPLES:
        assert len(engine_of(part).infer(sample(), None)) == 1
        return
    said = ""
    try:
        engine_of(part).infer(sample(), None)
    except ModelError as error:
        said = str(error)
    assert "features" in said


def check_close(part: Part) -> None:
    """It may be closed before it was used, and twice; asked again it answers as before."""
    engine = engine_of(part)
    engine.close()
    first = engine.infer(sample(), windows(2))
    engine.close()
    engine.close()
    assert engine.infer(sample(), windows(2)) == first


ENGINE_LAWS: Final[dict[str, Callable[[Part], None]]] = {
    "one_a_window": check_one_a_window,
    "values": check_values,
    "deterministic": check_deterministic,
    "features_kept": check_features_kept,
    "missing_reading": check_missing_reading,
    "without_features": check_without_features,
    "close": check_close,
}
