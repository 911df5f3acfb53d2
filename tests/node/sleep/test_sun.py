"""What the sun is expected to bring."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.sleep.sun import SLOTS, Sun, forecast_mj, slot_at

DAY = tuple(float(max(0, 6 - abs(12 - hour))) for hour in range(SLOTS))


def learnt(days: int, scale: float = 1.0, weight: float = 0.2, sun: Sun | None = None) -> Sun:
    """Return what is known after some equal days."""
    sun = sun or Sun()
    for _ in range(days):
        for slot, energy_mj in enumerate(DAY):
            sun = sun.learn(slot, energy_mj * scale, weight=weight)
    return sun


def test_expect_nothing_learnt_is_no_sun() -> None:
    """The safe side: a node that has seen no day counts on none."""
    assert set(Sun().expect(5, 3)) == {0.0}


def test_learn_equal_days_is_that_day() -> None:
    """A mean of equal days is the day, from the first one on."""
    assert learnt(1).slots_mj == pytest.approx(DAY)
    assert learnt(9).slots_mj == pytest.approx(DAY)


def test_learn_brighter_days_goes_there_by_the_weight() -> None:
    """After n days of another sun, (1 - weight)^n of the old one is left."""
    sun = learnt(5, scale=2.0, sun=learnt(1))
    assert sun.slots_mj[12] == pytest.approx(DAY[12] * (2.0 - 0.8**5))


def test_learn_full_battery_never_lowers_and_slowly_raises() -> None:
    """What a full battery turned away is not taken for darkness, and more is believed in, day after day."""
    sun = Sun().learn(12, 5.0, weight=0.5)
    assert sun.learn(12, 0.0, weight=0.5, full=True).slots_mj[12] == pytest.approx(5.5)
    assert sun.learn(12, 0.0, weight=0.5).slots_mj[12] == pytest.approx(2.5)
    assert sun.learn(0, 0.0, weight=0.5, full=True).slots_mj[0] == 0.0


def test_expect_begins_with_the_hour_that_is_now() -> None:
    """The first of the coming hours is the present one; after midnight the day begins anew."""
    coming = learnt(1).expect(20, 2)
    assert len(coming) == 2 * SLOTS
    assert coming[0] == DAY[20]
    assert coming[16] == DAY[12]


def test_expect_forecast_scales_the_days_that_it_covers() -> None:
    """A forecast says how much, the learnt hours say when; beyond it days are usual."""
    coming = learnt(1).expect(0, 3, forecast_mj=(sum(DAY) / 2.0, 0.0))
    assert coming[12] == pytest.approx(DAY[12] / 2.0)
    assert coming[SLOTS + 12] == 0.0
    assert coming[2 * SLOTS + 12] == pytest.approx(DAY[12])


def test_expect_forecast_in_the_evening_is_for_the_calendar_day() -> None:
    """At eight in the evening the hours after midnight are tomorrow's."""
    coming = learnt(1).expect(20, 1, forecast_mj=(sum(DAY), 0.5 * sum(DAY)))
    assert coming[16] == pytest.approx(DAY[12] / 2.0)


@settings(deadline=None, max_examples=100)
@given(hours=st.lists(st.tuples(st.integers(0, 23), st.floats(-1e6, 1e6)), max_size=60), slot=st.integers(0, 23))
def test_expect_is_never_below_zero(hours: list[tuple[int, float]], slot: int) -> None:
    """A balance may come out negative, by a coarse gauge; the sun never does."""
    sun = Sun()
    for each, energy_mj in hours:
        sun = sun.learn(each, energy_mj, weight=0.3)
    assert min(sun.expect(slot, 2, forecast_mj=(1.0, -5.0))) >= 0.0


def test_slot_at_is_the_hour_by_utc() -> None:
    """2026-01-01T13:59:59Z is in the fourteenth hour."""
    assert slot_at(1_767_225_600_000 + (14 * 3600 - 1) * 1000) == 13


def test_forecast_mj_of_a_bright_day() -> None:
    """1000 Wh/m2 is one hour of peak power, less what is lost."""
    assert forecast_mj(1000.0, panel_w=1.0, yielded=1.0) == pytest.approx(3.6e6)
