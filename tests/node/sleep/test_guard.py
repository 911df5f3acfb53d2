"""Whether a battery bears a start."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.sleep.battery import UNKNOWN, Charge
from node.sleep.guard import Params, start


def charge(share: float) -> Charge:
    """What an exact gauge would say."""
    return Charge(share=share, error=0.0, witness="gauge", reason="test")


def test_start_low_battery_waits_longer_each_time_up_to_an_hour() -> None:
    """From two minutes, doubling, to an hour and no further: each look may cost a boot."""
    waits_s = [start(charge(0.02), waits=waits, browned_out=True).wait_s for waits in range(7)]
    assert waits_s == [120.0, 240.0, 480.0, 960.0, 1920.0, 3600.0, 3600.0]


@pytest.mark.parametrize(
    ("share", "waits", "browned_out", "goes"),
    [
        (0.10, 0, False, True),
        (0.10, 0, True, False),
        (0.10, 1, False, False),
        (0.16, 1, True, True),
        (0.04, 0, False, False),
    ],
)
def test_start_needs_a_margin_after_trouble(share: float, waits: int, browned_out: bool, goes: bool) -> None:
    """What is enough for a first start is not enough after a brown-out, or once a start was put off."""
    assert start(charge(share), waits=waits, browned_out=browned_out).goes is goes


def test_start_battery_that_nobody_sees_is_put_off_once_and_then_let_go() -> None:
    """A broken gauge neither buries a node nor lets it rush from one brown-out into the next."""
    first = start(UNKNOWN, waits=0, browned_out=True)
    second = start(UNKNOWN, waits=1, browned_out=True)
    assert (first.goes, first.wait_s, second.goes) == (False, 120.0, True)
    assert "slowly" in second.reason
    assert start(UNKNOWN, waits=0, browned_out=False).goes


@settings(deadline=None, max_examples=100)
@given(share=st.floats(0.0, 1.0), waits=st.integers(0, 10**6), browned_out=st.booleans())
def test_start_waits_are_bounded_and_monotone_in_the_charge(share: float, waits: int, browned_out: bool) -> None:
    """A wait is 120 to 3600 s however often; who may start with less may start with more."""
    answer = start(charge(share), waits=waits, browned_out=browned_out)
    assert answer.goes or 120.0 <= answer.wait_s <= 3600.0
    if answer.goes:
        assert start(charge(1.0), waits=waits, browned_out=browned_out).goes


@pytest.mark.parametrize("bad", [{"least": 0.5}, {"first_s": 0.0}, {"first_s": 4000.0}, {"recovered": 1.0}])
def test_params_that_make_no_sense_are_refused(bad: dict[str, float]) -> None:
    """Ranges that cross are told at once."""
    with pytest.raises(ValueError, match="no range"):
        Params(**bad)
