"""Readings: the sample as its own answer."""

import math

from node.infer.readings import Params, Readings
from node.values import Sample, TimeQuality

SAMPLE = Sample(time_ms=0, time_quality=TimeQuality.SYNCED, values={"load": 0.25, "t": math.nan})


def test_readings_without_choice_passes_all() -> None:
    """All channels, in their order, NaN included."""
    (answer,) = Readings(Params()).infer(SAMPLE, None)
    assert answer.values is SAMPLE.values
    assert answer.confidence is None


def test_readings_with_choice_gives_those_columns_always() -> None:
    """A chosen channel that the sample lacks is NaN, so that every row has the same columns."""
    (answer,) = Readings(Params(channels=("free", "load"))).infer(SAMPLE, None)
    assert list(answer.values) == ["free", "load"]
    assert math.isnan(float(answer.values["free"]))
    assert answer.values["load"] == 0.25
