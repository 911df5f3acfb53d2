"""Whose windows are asked about no more, on a virtual clock."""

from __future__ import annotations

from gateway.escalate.strikes import HOUR_S, MOST, Strikes

WHO, OTHER = ("digits", "n1"), ("digits", "n2")


def test_strikes_bar_one_for_an_hour_and_nobody_else() -> None:
    """One may be chance; as many as are borne, within an hour, bar until the first of them is over."""
    strikes = Strikes()
    for at in range(MOST):
        assert not strikes.bars(WHO, 10.0 * at)
        strikes.add(WHO, 10.0 * at)
    assert strikes.bars(WHO, 20.0)
    assert not strikes.bars(OTHER, 20.0)
    assert strikes.barred(20.0) == [WHO]
    assert not strikes.bars(WHO, HOUR_S)
    assert strikes.barred(HOUR_S) == []


def test_strikes_that_are_hours_apart_bar_nobody() -> None:
    """And are forgotten: what a node did long ago takes no memory."""
    strikes = Strikes()
    for at in range(10):
        strikes.add((f"s{at}", "n1"), at * 2 * HOUR_S)
        strikes.add(WHO, at * 2 * HOUR_S)
        assert not strikes.bars(WHO, at * 2 * HOUR_S)
    assert len(strikes._found_s) == 2
