"""Laws of send on delta: what the receiver believes is never off by the dead band or more."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.gate import Combination, Settles
from node.gate.send_on_delta import SendOnDelta
from tests.node.gate.shown import gate, opened, problems, sample

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


@settings(deadline=None, max_examples=100)
@given(VALUES, st.floats(1e-3, 1e3))
def test_send_on_delta_on_any_series_never_drifts_unreported(values: list[float], delta: float) -> None:
    """Whatever comes, the last report is nearer than delta to the truth."""
    rule, reported = gate("send_on_delta", channels=["t"], delta=delta), math.inf
    for value in values:
        if rule.judge(sample(t=value)).opens:
            reported = value
        assert abs(value - reported) < delta


@settings(deadline=None, max_examples=50)
@given(VALUES, st.floats(0.01, 0.5))
def test_send_on_delta_relative_on_any_series_never_drifts_by_the_share(values: list[float], share: float) -> None:
    """A relative dead band is a share of the last report; at 0 every change is told."""
    rule, reported = gate("send_on_delta", channels=["t"], relative=share), math.inf
    for value in values:
        if rule.judge(sample(t=value)).opens:
            reported = value
        assert value == reported or abs(value - reported) < share * abs(reported)


def test_send_on_delta_on_a_slow_drift_opens_once_a_delta() -> None:
    """Steps far below delta add up, because the last report is the measure and not the last sample."""
    assert opened(gate("send_on_delta", channels=["t"], delta=1.0), [i / 4 for i in range(13)]) == [0, 4, 8, 12]


def test_send_on_delta_with_both_bands_takes_the_wider() -> None:
    """An absolute band keeps a relative one from chattering around 0."""
    rule = gate("send_on_delta", channels=["t"], delta=1.0, relative=0.1)
    assert opened(rule, [0.0, 0.5, 100.0, 105.0, 110.0]) == [0, 2, 4]


def test_send_on_delta_with_two_channels_takes_both_as_reported() -> None:
    """One channel opens, and the report carries the other: its dead band begins anew as well."""
    rule = gate("send_on_delta", channels=["t", "h"], delta=1.0)
    told = [rule.judge(sample(t=t, h=h)) for t, h in [(0, 0), (0.75, 0), (0.75, 1), (1.5, 1), (1.75, 1)]]
    assert [each.opens for each in told] == [True, False, True, False, True]
    assert [each.channel for each in told if each.opens] == ["", "h", "t"]


def test_send_on_delta_when_silent_too_long_opens() -> None:
    """A heartbeat is due max_silence_s after the last report, whatever caused that."""
    rule = gate("send_on_delta", channels=["t"], delta=1.0, max_silence_s=3.0)
    assert opened(rule, [0.0, 0.0, 5.0, 5.0, 5.0, 5.0, 5.0]) == [0, 2, 5]


def test_send_on_delta_after_the_clock_was_set_back_is_not_silent_until_it_caught_up() -> None:
    """An hour back is a silence of unknown length: the heartbeat comes."""
    rule = gate("send_on_delta", channels=["t"], delta=1.0, max_silence_s=600.0)
    rule.judge(sample(7200, t=0.0))
    assert rule.judge(sample(3600, t=0.0)).opens


def test_send_on_delta_settled_as_not_reported_stays_with_the_old_report() -> None:
    """What a combination kept shut was not told, so the change is still news."""
    rule = gate("send_on_delta", channels=["t"], delta=1.0)
    rule.judge(sample(t=0.0))
    assert rule.judge(sample(t=2.0)).opens
    rule.settle(sample(t=2.0), opened=False)
    assert rule.judge(sample(t=2.0)).opens


def test_send_on_delta_with_a_channel_renamed_recalls_nothing() -> None:
    """The memory of another configuration is not this one's."""
    before, after = (gate("send_on_delta", channels=[name], delta=1.0) for name in ("t", "h"))
    before.judge(sample(t=1.0))
    after.recall(before.memory())
    assert after.judge(sample(h=1.0)).opens


@pytest.mark.parametrize(
    ("options", "words"),
    [({"channels": ["t"]}, "at least one dead band"), ({"channels": [], "delta": 1.0}, "name at least one")],
)
def test_send_on_delta_with_nothing_to_go_by_is_refused(options: dict[str, object], words: str) -> None:
    """A gate that could never judge is a mistake in the file."""
    assert words in problems("send_on_delta", **options)


def test_send_on_delta_settles_and_does_not_combine() -> None:
    """It is told what was reported; it has no branches to guard."""
    assert issubclass(SendOnDelta, Settles)
    assert not isinstance(gate("send_on_delta", channels=["t"], delta=1.0), Combination)
