"""Weeks of a node that lives on sun and battery: the real node on the virtual clock, its books drain a played cell."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final, cast

import pytest

from node.energy.means import fitting
from node.wire.messages import Desired, Forecast, Health, Presence, Reported, State
from tests.system.sunny import ENERGY, NODE, Post
from tools.simulate.life import Thrifty
from tools.simulate.station import Size

if TYPE_CHECKING:
    from pathlib import Path

    from tools.simulate.station import Station

DARK: Final = range(7, 14)
DAYS: Final = 18


def _weather(day: int) -> float:
    """A sunny week, a dark one, and the sun's return."""
    return 60.0 if day in DARK else 700.0


@pytest.fixture(scope="module", name="thrifty")
def _thrifty(tmp_path_factory: pytest.TempPathFactory) -> Post:
    """Live by battery and sun."""
    post = Post(tmp_path_factory.mktemp("thrifty"), NODE + ENERGY, _weather)
    post.live(DAYS)
    return post


@pytest.fixture(scope="module", name="fixed")
def _fixed(tmp_path_factory: pytest.TempPathFactory) -> Post:
    """Live by the fixed rhythm that the same file sets."""
    post = Post(tmp_path_factory.mktemp("fixed"), NODE, _weather)
    post.live(DAYS)
    return post


def test_thrifty_node_bends_its_rhythm_with_the_sun(thrifty: Post) -> None:
    """As wished in the sun, as slow as allowed in the dark, as wished again; never beyond the limits."""
    sunny, dark, again = thrifty.hours[6 * 24], thrifty.hours[13 * 24], thrifty.hours[-1]
    assert (sunny.period_s, sunny.interval_s) == (1200.0, 7200.0)
    assert (dark.period_s, dark.interval_s) == (3600.0, 72_000.0)
    assert again.period_s == 1200.0
    assert all(1200.0 <= hour.period_s <= 3600.0 for hour in thrifty.hours)
    assert dark.draw_mw < sunny.draw_mw / 2.0


def test_thrifty_node_gets_through_where_a_fixed_one_browns_out(thrifty: Post, fixed: Post) -> None:
    """The same battery, the same sky, the same wish; the fixed rhythm is the control."""
    assert fixed.cell.cuts >= 1
    assert thrifty.cell.cuts == 0
    assert min(hour.share for hour in thrifty.hours) > 0.05


def test_thrifty_node_loses_nothing(thrifty: Post) -> None:
    """Every sample was shut out or stored once, at whatever rhythm it was taken, and no deadline was passed over."""
    counters, (carrier,) = thrifty.app.health.counters, thrifty.carriers
    opened = counters["cycles"] - counters["gated_out"]
    assert carrier.rows == dict.fromkeys(((thrifty.app.boot_id, seq) for seq in range(opened)), 1)
    assert counters["records_receipted"] == counters["records_committed"] == opened > 500
    assert counters["deadlines_skipped"] == counters["faults_sleep"] == 0
    assert thrifty.app.health.told == {}


def test_thrifty_node_keeps_what_it_promised(thrifty: Post) -> None:
    """While the rhythm bends, the node is back when it said."""
    said = [each for each in thrifty.carriers[0].said if isinstance(each, Presence)]
    late_s = [
        (back.time_ms - (asleep.next_wake_ms or 0)) / 1e3
        for asleep, back in pairwise(said[:-2])
        if asleep.state is State.SLEEPING
    ]
    assert len(late_s) > 80
    assert max(map(abs, late_s)) < 10.0


def test_thrifty_node_tells_how_it_lives_and_why(thrifty: Post) -> None:
    """State of charge, expected sun, budget and reason in health; the rhythm in what it reports."""
    healths = [message for message in thrifty.carriers[0].said if isinstance(message, Health)]
    assert all(0.0 < each.gauges["battery_charge"] <= 1.0 for each in healths[1:])
    assert healths[-1].gauges["sun_expected_mj"] > 0.0
    assert {each.gauges["energy_level"] for each in healths[1:]} >= {0.0, 1.0}
    assert any("for sure, until 40%" in each.info["energy"] for each in healths[1:])
    reports = [message for message in thrifty.carriers[0].said if isinstance(message, Reported)]
    assert {each.settings["period_s"] for each in reports} >= {1200.0, 3600.0}
    assert len(reports) < len(healths)


def test_thrifty_node_decides_as_the_simulated_year_does(thrifty: Post) -> None:
    """`tools.simulate.life` steps the controller without a node around it: fed with the same weeks, it agrees.

    It steps on the hour and the node in the cycle nearest to it, so they may differ for an hour where a level turns.
    """
    means, config = thrifty.app.economy.means, thrifty.app.config
    assert means is not None
    assert config.energy is not None
    size = Size(panel_w=0.1, battery_wh=1.0)
    station = cast("Station", SimpleNamespace(cost=means.cost(thrifty.app.health.counters)))
    mind = Thrifty(station, size, fitting(config).limits, config.energy)
    start_ms, agreed = thrifty.start_ms, 0
    mind.rhythm(start_ms, thrifty.cell_at_first, 0.0)
    for i, hour in enumerate(thrifty.hours):
        rhythm = mind.rhythm(start_ms + (i + 1) * 3_600_000, hour.share, hour.draw_mw * 3600.0)
        later = thrifty.hours[min(i + 1, len(thrifty.hours) - 1)]
        agreed += rhythm.period_s == pytest.approx(later.period_s, rel=0.1)
    assert agreed / len(thrifty.hours) > 0.95


def test_fixed_node_tells_nothing_of_it(fixed: Post) -> None:
    """Without `[energy]` nothing is as it was not."""
    healths = [message for message in fixed.carriers[0].said if isinstance(message, Health)]
    reports = [message for message in fixed.carriers[0].said if isinstance(message, Reported)]
    assert not {"battery_charge", "energy_level"} & healths[-1].gauges.keys()
    assert {len(each.settings) for each in reports} == {0}
    assert {hour.period_s for hour in fixed.hours} == {1200.0}


def test_thrifty_node_lives_on_as_before_after_a_restart(tmp_path: Path) -> None:
    """What was learnt of the sun, and the rhythm, are on disk beside the ledger's books."""
    post = Post(tmp_path, NODE + ENERGY, _weather)
    post.live(4)
    before, gauges = post.hours[-1], post.app.economy.means and post.app.economy.means.gauges()
    post.restart()
    assert post.app.run(cycles=2) == 0
    assert post.app.economy.means
    assert before.period_s == post.app.tempo.steady_s == 1200.0
    assert gauges
    assert post.app.economy.means.gauges().get("sun_expected_mj", 0.0) == pytest.approx(gauges["sun_expected_mj"])


NEARLY_EMPTY: Final = 0.04


def test_node_that_boots_on_an_empty_battery_waits_for_the_sun(tmp_path: Path) -> None:
    """At midnight, with little left: it neither senses nor connects before there is a margin, and gets there.

    The control starts at once, as one without `[energy]` does, and browns out before dawn.
    """
    (tmp_path / "guarded").mkdir()
    (tmp_path / "bare").mkdir()
    guarded = Post(tmp_path / "guarded", NODE + ENERGY, lambda _: 700.0, share=NEARLY_EMPTY)
    bare = Post(tmp_path / "bare", NODE, lambda _: 700.0, share=NEARLY_EMPTY)
    at_dawn: list[tuple[int, int, str]] = []
    guarded.clock.at(
        6 * 3600.0,
        lambda: at_dawn.append(
            (guarded.app.health.counters["cycles"], len(guarded.carriers), guarded.app.health.told.get("battery", ""))
        ),
    )
    guarded.live(1)
    bare.live(1)
    assert [(cycles, carriers) for cycles, carriers, _ in at_dawn] == [(0, 0)]
    assert "of 15% needed" in at_dawn[0][2]
    assert guarded.app.health.counters["cycles"] > 5
    assert "battery" not in guarded.app.health.told
    assert (guarded.cell.cuts, bare.cell.cuts >= 1) == (0, True)


def test_node_that_a_timer_wakes_ends_at_once_on_an_empty_battery(tmp_path: Path) -> None:
    """Somebody else wakes it again: it does not wait, and its refusals add up until there is a margin."""
    post = Post(tmp_path, NODE + ENERGY, lambda _: 0.0, share=0.03)
    waits = []
    for share in (0.03, 0.12, 0.2):
        post.cell.stored_mj = share * post.cell.capacity_mj
        post.restart()
        assert post.app.run(cycles=1) == 0
        waits.append((post.app.memory.waits, post.app.health.counters["cycles"]))
    assert waits == [(0, 0), (1, 0), (2, 1)]


def test_node_whose_last_life_was_cut_short_needs_a_margin(tmp_path: Path) -> None:
    """What it saves at a transmission is no goodbye: a start that finds nothing newer was a brown-out."""
    post = Post(tmp_path, NODE + ENERGY, lambda _: 0.0, share=0.12)
    at_death: list[bytes] = []
    file = tmp_path / "state" / "health.json"
    post.clock.at(3_000.0, lambda: at_death.append(file.read_bytes()))
    post.live(0.05)
    file.write_bytes(at_death[0])
    post.restart()
    post.clock.at(post.clock.monotonic_s() + 600.0, post.app.stop)
    assert post.app.run() == 0
    assert post.app.health.counters["cycles"] == 0
    assert "of 15% needed" in post.app.health.told["battery"]


def test_node_obeys_a_forecast_between_its_cycles(tmp_path: Path) -> None:
    """What the gateway foretells arrives with the desired state, and the next decision goes by it."""
    post = Post(tmp_path, NODE + ENERGY + "panel_w = 0.1\n", lambda _: 300.0)
    expected_mj: list[float] = []

    def foretell() -> None:
        days = Forecast(start_ms=post.clock.wall_ms(), wh_m2=(0.0,) * 5)
        post.carriers[0].wish = Desired(version=8, forecast=days)

    def look() -> None:
        assert post.app.economy.means
        expected_mj.append(post.app.economy.means.gauges()["sun_expected_mj"])

    post.clock.at(3 * 86_400.0, foretell)
    for day in (3.0, 5.0, 9.0):
        post.clock.at(day * 86_400.0 - 60.0, look)
    post.live(9)
    before_mj, foretold_mj, after_mj = expected_mj
    assert before_mj > 100_000.0
    assert foretold_mj == 0.0
    assert after_mj > 100_000.0


RULES: Final = """
[infer]
part = "rules"
default = "usual"
[infer.lighter]
part = "rules"
default = "lighter"
"""


def test_node_answers_by_its_lighter_engine_while_it_is_short(tmp_path: Path) -> None:
    """Both have answered after a night and some bright days, each in its hours."""
    post = Post(tmp_path, NODE + RULES + ENERGY, lambda _: 700.0)
    post.live(3)
    carrier = post.carriers[0]
    labels = [carrier.values[row]["label"] for row in sorted(carrier.times_ms, key=lambda row: carrier.times_ms[row])]
    assert labels[0] == "usual"  # before the first decision
    assert labels[2] == "lighter"
    assert labels[-1] == "usual"
    reports = [message.settings.get("model") for message in carrier.said if isinstance(message, Reported)]
    assert {"lighter", ""} <= set(reports)
