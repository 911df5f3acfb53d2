"""Race to idle, or crawl: the board's figures decide."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.hal import OperatingPoint
from node.sleep.dvfs import Work, choose, energy_mj

SLOW = OperatingPoint(khz=600_000, busy_mw=773.0)
MIDDLE = OperatingPoint(khz=800_000, busy_mw=830.0)
FAST = OperatingPoint(khz=1_000_000, busy_mw=888.0)
POINTS = (SLOW, MIDDLE, FAST)


def work(busy_s: float = 1.0, period_s: float = 10.0, rest_mw: float = 5.0) -> Work:
    """Work that was seen at the highest clock."""
    return Work(busy_s=busy_s, khz=FAST.khz, period_s=period_s, rest_mw=rest_mw)


def test_choose_where_rest_is_cheap_races() -> None:
    """A board whose power is cut between cycles wants to be through."""
    choice = choose("auto", work(rest_mw=5.0), POINTS)
    assert (choice.mode, choice.khz) == ("performance", FAST.khz)
    assert choice.energy_mj == pytest.approx(888.0 + 9 * 5.0)
    assert choice.reason.startswith("race to idle")


def test_choose_where_rest_costs_as_much_crawls() -> None:
    """Where it rests at 760 mW, working at 773 for longer costs next to nothing."""
    choice = choose("auto", work(rest_mw=760.0), POINTS)
    assert (choice.mode, choice.khz) == ("powersave", SLOW.khz)
    assert choice.reason.startswith("crawl")


def test_choose_a_clock_between_leaves_the_governor_to_it() -> None:
    """No mode names a middle clock: the reason does."""
    knee = (SLOW, OperatingPoint(khz=900_000, busy_mw=774.0), FAST)
    choice = choose("auto", work(rest_mw=5.0), knee)
    assert (choice.mode, choice.khz) == ("balanced", 900_000)


def test_choose_leaves_out_clocks_that_miss_the_deadline() -> None:
    """Crawling would be cheaper, and late."""
    choice = choose("auto", work(busy_s=0.9, period_s=1.0, rest_mw=760.0), POINTS)
    assert choice.mode == "performance"
    assert "does not fit at a lower clock" in choice.reason


def test_choose_for_work_that_never_fits_goes_as_fast_as_it_can() -> None:
    """And says that it is not enough."""
    choice = choose("auto", work(busy_s=2.0, period_s=1.0), POINTS)
    assert choice.mode == "performance"
    assert "does not fit its period" in choice.reason


def test_choose_on_a_board_without_figures_is_balanced() -> None:
    """Nothing is made up."""
    choice = choose("auto", work(), ())
    assert (choice.mode, choice.khz) == ("balanced", 0)
    assert "no clocks" in choice.reason


def test_choose_a_mode_by_name_is_taken_as_it_is() -> None:
    """The operator knows why."""
    assert choose("powersave", work(), POINTS).mode == "powersave"


@settings(deadline=None, max_examples=200)
@given(st.floats(0.001, 5.0), st.floats(5.0, 100.0), st.floats(0.0, 3000.0), st.data())
def test_choose_is_never_worse_than_any_clock_that_fits(
    busy_s: float, period_s: float, rest_mw: float, data: st.DataObject
) -> None:
    """Against every clock, on any board."""
    draws = sorted(data.draw(st.lists(st.floats(100.0, 9000.0), min_size=2, max_size=6)))
    points = [OperatingPoint(khz=300_000 * (i + 1), busy_mw=draw) for i, draw in enumerate(draws)]
    load = Work(busy_s=busy_s, khz=points[-1].khz, period_s=period_s, rest_mw=rest_mw)
    choice = choose("auto", load, points)
    fitting = [each for each in points if busy_s * load.khz / each.khz <= period_s]
    assert choice.energy_mj <= min(energy_mj(load, each) for each in fitting) + 1e-9


def test_choose_before_anything_was_computed_lets_the_governor_decide() -> None:
    """Of no work at all every clock costs as much: that is no reason to crawl."""
    assert choose("auto", work(busy_s=0.0), POINTS).mode == "balanced"
