"""Laws of what is no reading: it is a verdict of its own, and it hides nothing."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.gate.missing import blank
from node.values import Outcome
from tests.node.gate.shown import gate, guarded, sample

HOT = {"part": "level", "channel": "h", "level": 50.0, "hold": True}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"t": math.nan}, "t has no reading: nan"),
        ({"t": -math.inf}, "t has no reading: -inf"),
        ({"t": 85_000.0}, "t has no reading: 85000"),
        ({}, "t is not in the sample"),
    ],
)
def test_guarded_without_a_reading_says_missing_and_why(values: dict[str, float], reason: str) -> None:
    """The verdict names the channel and what stood there, so that a person knows which wire to look at."""
    verdict = guarded({"t": (85_000.0, -200.0)}, "send_on_delta", channels=["t"], delta=1.0).judge(sample(**values))
    assert (verdict.outcome, verdict.channel, verdict.reason) == (Outcome.MISSING, "t", reason)


def test_guarded_with_another_channels_sentinel_judges() -> None:
    """85000 is broken for a DS18B20, and a fine number of pascals."""
    assert guarded({"h": (85_000.0,)}, "send_on_delta", channels=["t"], delta=1.0).judge(sample(t=85_000.0)).opens


def test_guarded_with_a_gap_elsewhere_judges() -> None:
    """A broken sensor that the rule does not look at is not its business."""
    assert gate("send_on_delta", channels=["t"], delta=1.0).judge(sample(t=1.0, h=math.nan)).opens


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(st.sampled_from("abc"), st.sampled_from([-1.0, 0.0, 5.0, math.nan])))
def test_blank_on_any_values_replaces_sentinels_and_nothing_else(values: dict[str, float]) -> None:
    """Every sentinel is NaN, everything else is itself, and the input is left alone."""
    before = dict(values)
    blanked = blank(values, {"a": (-1.0,), "b": (0.0, 5.0)})
    assert repr(values) == repr(before)
    for name, value in values.items():
        broken = (name, value) in {("a", -1.0), ("b", 0.0), ("b", 5.0)} or math.isnan(value)
        assert math.isnan(blanked[name]) if broken else blanked[name] == value
    assert blanked.keys() == values.keys()


def test_guarded_with_nan_in_its_memory_starts_afresh() -> None:
    """A memory that was spoilt on disk must not make the gate deaf for ever."""
    spoilt = gate("zscore", channel="t")
    spoilt.recall({"count": 1000.0, "mean": math.nan, "variance": 1.0})
    assert spoilt.memory() == gate("zscore", channel="t").memory()


OPEN, SHUT, MISSING = Outcome.OPEN, Outcome.SHUT, Outcome.MISSING
H = {OPEN: 60.0, SHUT: 10.0, MISSING: -999.0}


@pytest.mark.parametrize(
    ("part", "first", "second", "together"),
    [
        ("any_of", OPEN, OPEN, OPEN),
        ("any_of", OPEN, MISSING, OPEN),
        ("any_of", MISSING, OPEN, OPEN),
        ("any_of", OPEN, SHUT, OPEN),
        ("any_of", SHUT, MISSING, MISSING),
        ("any_of", MISSING, SHUT, MISSING),
        ("any_of", MISSING, MISSING, MISSING),
        ("any_of", SHUT, SHUT, SHUT),
        ("all_of", OPEN, OPEN, OPEN),
        ("all_of", OPEN, MISSING, MISSING),
        ("all_of", MISSING, OPEN, MISSING),
        ("all_of", OPEN, SHUT, SHUT),
        ("all_of", SHUT, MISSING, SHUT),
        ("all_of", MISSING, SHUT, SHUT),
        ("all_of", MISSING, MISSING, MISSING),
        ("all_of", SHUT, SHUT, SHUT),
    ],
)
def test_combination_with_gaps_follows_kleene(part: str, first: Outcome, second: Outcome, together: Outcome) -> None:
    """Missing is the unknown of three-valued logic: it is the answer only where it could have changed it."""
    gates = [HOT, {**HOT, "channel": "k"}]
    rule = guarded({"h": (-999.0,), "k": (-999.0,)}, part, gates=gates)
    verdict = rule.judge(sample(h=H[first], k=H[second]))
    assert verdict.outcome is together
    if together is MISSING:
        assert verdict.channel == ("h" if first is MISSING else "k")
