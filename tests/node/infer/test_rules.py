"""Rules: labels by thresholds."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.infer.rules import Params, Rules, When
from node.options import Reader
from node.values import Sample, TimeQuality

HOT = When(channel="t", op=">=", value=80.0, label="hot")
WARM = When(channel="t", op=">", value=60.0, label="warm")
DRY = When(channel="h", op="<", value=20.0, label="dry")


def label(rules: tuple[When, ...], **values: float) -> object:
    """Return what the rules say of some readings."""
    (answer,) = Rules(Params(rules=rules)).infer(
        Sample(time_ms=0, time_quality=TimeQuality.SYNCED, values=values), None
    )
    return answer.values["label"]


def test_rules_first_that_holds_wins() -> None:
    """Order decides where two hold."""
    assert label((HOT, WARM), t=90.0) == "hot"
    assert label((WARM, HOT), t=90.0) == "warm"
    assert label((HOT, WARM), t=20.0) == "normal"


@pytest.mark.parametrize(
    ("op", "below", "at", "above"),
    [
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
    ],
)
def test_rules_each_comparison_is_what_it_says(op: str, below: bool, at: bool, above: bool) -> None:
    """Below, at and above the value."""
    params = Reader(Path()).read(Params, {"rules": [{"channel": "t", "op": op, "value": 1.0, "label": "yes"}]}, "infer")
    assert params is not None
    assert [label(params.rules, t=t) == "yes" for t in (0.5, 1.0, 1.5)] == [below, at, above]


@given(t=st.floats(allow_nan=True))
def test_rules_without_a_reading_never_say_normal(t: float) -> None:
    """A channel that is NaN or absent leaves `unknown`, unless another rule holds for what there is."""
    assert label((DRY,), t=t) == "unknown"
    assert label((DRY,), t=t, h=math.nan) == "unknown"
    assert label((DRY, HOT), t=90.0) == "hot"
    assert label((DRY,), t=t, h=50.0) == "normal"


def test_rules_send_the_chosen_readings_beside_the_label() -> None:
    """One that is not there goes as NaN, so that every row has the same columns."""
    rules = Rules(Params(rules=(HOT,), channels=("t", "p")))
    (answer,) = rules.infer(Sample(time_ms=0, time_quality=TimeQuality.SYNCED, values={"t": 90.0, "h": 3.0}), None)
    assert list(answer.values) == ["label", "t", "p"]
    assert answer.values["t"] == 90.0
    assert math.isnan(float(answer.values["p"]))
