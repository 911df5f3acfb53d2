"""A solar winter: the controller gets through where a fixed rhythm of equal mean rates goes dark."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import pytest

import boards
from node.sleep.energy import Params
from node.sleep.rhythm import Cost, Rhythm
from tools.simulate import winter
from tools.simulate.__main__ import main
from tools.simulate.life import Fixed, Thrifty, live
from tools.simulate.station import Size, Station
from tools.simulate.weather import HOURS, TYPICAL_YEAR, Hour, made_up_year, typical_year

if TYPE_CHECKING:
    from pathlib import Path

STATION = Station(boards.load_board("rpi-zero-2w"), winter.WORK_S)
WEEK = [Hour(400.0 if 8 <= hour % 24 < 16 else 0.0, 15.0) for hour in range(168)]


@pytest.fixture(scope="module")
def made_up() -> dict[str, float]:
    """The short form: a made-up year."""
    return cast("dict[str, float]", dict(winter.run(["--weather", "made-up", "--short"])))


def test_winter_controller_gets_through_and_the_fixed_rhythm_does_not(made_up: dict[str, float]) -> None:
    """No brown-out, no dark hour; the negative control of equal mean rates has many."""
    assert (made_up["brownouts"], made_up["dark_h"]) == (0, 0.0)
    assert made_up["brownouts_fixed"] >= 1
    assert made_up["dark_h_fixed"] > 24.0


def test_winter_controller_uses_more_of_the_harvest(made_up: dict[str, float]) -> None:
    """More than the fixed rhythm of equal mean rates, and much more than the fixed one that gets through."""
    assert made_up["harvest_used_ratio"] > 1.1
    assert made_up["harvest_used_ratio_safe"] > 2.0
    assert made_up["samples"] > made_up["samples_fixed"] > made_up["samples_safe"]
    assert made_up["brownouts_safe"] == 0


def test_winter_smoothing_makes_for_a_steadier_rate(made_up: dict[str, float]) -> None:
    """From hour to hour the rate changes less than it would unsmoothed."""
    assert made_up["jitter"] < 0.9 * made_up["unsmoothed_jitter"]


def test_winter_node_that_misjudges_its_own_draw_gets_through() -> None:
    """The gauge corrects what the model of the board has wrong by a third."""

    class Misjudging(Station):
        @property
        def cost(self) -> Cost:
            true = STATION.cost
            return Cost(rest_mw=true.rest_mw / 1.3, sample_mj=true.sample_mj / 1.3, session_mj=true.session_mj / 1.3)

    sky = made_up_year(seed=2)
    size = Size(panel_w=0.5, battery_wh=3.0)
    misjudging = Thrifty(Misjudging(STATION.board, winter.WORK_S), size, winter.LIMITS, Params())
    life = live(STATION, size, sky, misjudging)
    assert (life.brownouts, life.dark_h) == (0, 0.0)


def test_live_fixed_rhythm_adds_up() -> None:
    """A week at ten minutes is 1008 samples and 168 transmissions, where there is sun enough."""
    life = live(STATION, Size(panel_w=2.0, battery_wh=10.0), WEEK, Fixed(Rhythm(period_s=600.0, interval_s=3600.0)))
    assert life.samples == pytest.approx(1008.0)
    assert life.sessions == pytest.approx(168.0)
    assert (life.brownouts, life.dark_h) == (0, 0.0)


def test_live_without_sun_goes_dark_once_and_stays_so() -> None:
    """An empty sky is one brown-out, at the hour that the battery's energy says."""
    dark = [Hour(0.0, 25.0)] * 200
    rhythm = Rhythm(period_s=600.0, interval_s=3600.0)
    life = live(STATION, Size(panel_w=1.0, battery_wh=1.0), dark, Fixed(rhythm))
    assert life.brownouts == 1
    assert 200.0 - life.dark_h == pytest.approx(0.6 * 1000.0 / STATION.draw_mw(rhythm), abs=0.01)


def test_draw_of_the_station_is_what_the_node_believes() -> None:
    """Gap by gap planned, or by the node's simple cost: the same within a hundredth."""
    for level in (0.0, 0.3, 0.7, 1.0):
        rhythm = winter.LIMITS.at(level)
        assert STATION.draw_mw(rhythm) == pytest.approx(STATION.cost.draw_mw(rhythm), rel=0.01)


def test_typical_year_is_the_measured_one() -> None:
    """A whole year, dark at night, with a frost and a summer."""
    if not TYPICAL_YEAR.exists():
        pytest.skip(f"no typical year at {TYPICAL_YEAR}")
    sky = typical_year()
    assert len(sky) == HOURS
    assert sky[0].irradiance_w_m2 == 0.0
    assert max(hour.irradiance_w_m2 for hour in sky) > 900.0
    assert min(hour.air_c for hour in sky) < 0.0


def test_winter_of_the_measured_year_has_no_brownout() -> None:
    """The issue's own figures, without the table of sizes."""
    if not TYPICAL_YEAR.exists():
        pytest.skip(f"no typical year at {TYPICAL_YEAR}")
    figures = cast("dict[str, float]", winter.run(["--short"]))
    assert figures["brownouts"] == 0
    assert figures["brownouts_fixed"] >= 1
    assert figures["harvest_used_ratio"] > 1.0


def test_typical_year_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    """Half a year has no winter, or no summer."""
    path = tmp_path / "half.csv"
    path.write_text("site\nGHI (W/m^2),Dry-bulb (C)\n" + "0,5\n" * 10)
    with pytest.raises(ValueError, match="10 hours are no year"):
        typical_year(path)


def test_main_without_the_data_says_what_is_wanted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, and what to do."""
    assert main(["winter", "--weather", str(tmp_path / "none.csv")]) == 1
    assert "--weather made-up" in capsys.readouterr().err


def test_main_json_is_the_last_line_and_the_plot_is_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One object for programs; a PNG of three panels where one was asked for."""
    picture = tmp_path / "winter.png"
    assert main(["winter", "--json", "--short", "--weather", "made-up", "--plot", str(picture)]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {"brownouts", "brownouts_fixed", "harvest_used_ratio"} <= set(told)
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("words", "code"), [(["--help"], 0), (["nonesuch"], 2), ([], 2)])
def test_main_without_a_known_scenario_lists_them(
    words: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked for help it is fine, else it is a usage error; the list comes either way."""
    assert main(words) == code
    assert "winter" in capsys.readouterr().err


def test_show_prints_the_table(made_up: dict[str, float], capsys: pytest.CaptureFixture[str]) -> None:
    """The three lives side by side, and every assumption with its quality."""
    winter.show(made_up)
    out = capsys.readouterr().out
    assert "brown-outs" in out
    assert "no charging below: 0 degrees" in out
