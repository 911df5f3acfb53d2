"""A solar winter: the controller gets through where a fixed rhythm of equal mean rates goes dark."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, cast

import pytest

import boards
from node.sleep.energy import Params
from node.sleep.rhythm import Cost, Rhythm
from tools.simulate import winter
from tools.simulate.__main__ import main
from tools.simulate.life import Fixed, Life, Thrifty, live
from tools.simulate.station import Size, Station
from tools.simulate.weather import HOURS, TYPICAL_YEAR, Hour, made_up_year, typical_year

if TYPE_CHECKING:
    from pathlib import Path

WORK_S = 2.0
STATION = Station(boards.load_board("rpi-zero-2w"), WORK_S)
WEEK = [Hour(400.0 if 8 <= hour % 24 < 16 else 0.0, 15.0) for hour in range(168)]


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The short form: a made-up year stepped through, and its hardest weeks lived by real nodes; with its plot."""
    picture, out = tmp_path_factory.mktemp("winter") / "winter.png", StringIO()
    with redirect_stdout(out):
        assert main(["winter", "--json", "--short", "--weather", "made-up", "--plot", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    return cast("dict[str, object]", json.loads(out.getvalue().splitlines()[-1]))


@pytest.fixture(scope="module")
def stepped(made_up: dict[str, object]) -> dict[str, float]:
    """The year alone."""
    return cast("dict[str, float]", made_up["stepped"])


def test_winter_real_node_gets_through_the_weeks_in_which_the_fixed_one_does_not(made_up: dict[str, object]) -> None:
    """No brown-out, no dark hour; the same node without `[energy]`, at the year's mean rates, is dark for days."""
    told = cast("dict[str, float]", made_up)
    assert (told["brownouts"], told["dark_h"]) == (0, 0.0)
    assert told["brownouts_fixed"] >= 1
    assert told["dark_h_fixed"] > 24.0
    assert told["least_share"] > 0.2
    assert "harvest_used_ratio" in told
    held = 2 * winter.LIMITS.patient_s / winter.LIMITS.slowest_s
    assert told["records"] - held <= told["receipted"] <= told["records"]  # the last ones wait for the next report
    assert told["boots"] == told["samples"] + told["samples_fixed"]


def test_winter_real_node_reads_its_meter(made_up: dict[str, object]) -> None:
    """Where the gate opened, the model was loaded and read a picture, nineteen of twenty right; each is a record."""
    told = cast("dict[str, float]", made_up)
    assert 100 < told["inferences"] < 0.5 * told["boots"]
    assert told["right_share"] > 0.95
    assert told["records"] == pytest.approx(told["inferences"], abs=2)


def test_open_share_is_what_the_gate_lets_through() -> None:
    """Steady air opens it once, a degree an hour twice an hour; what a sample takes follows from that."""
    steady, rising = [Hour(0.0, 15.0)] * 50, [Hour(0.0, float(hour)) for hour in range(50)]
    assert winter.open_share(steady) == pytest.approx(1 / 300)
    assert winter.open_share(rising) == pytest.approx(1 / 3, abs=0.01)
    assert winter.mean_work_s(1 / 3) == pytest.approx(winter.WORK.start_s + 3.5 / 3, abs=0.01)


def test_winter_controller_gets_through_and_the_fixed_rhythm_does_not(stepped: dict[str, float]) -> None:
    """No brown-out, no dark hour; the negative control of equal mean rates has many."""
    assert (stepped["brownouts"], stepped["dark_h"]) == (0, 0.0)
    assert stepped["brownouts_fixed"] >= 1
    assert stepped["dark_h_fixed"] > 24.0


def test_winter_controller_uses_more_of_the_harvest(stepped: dict[str, float]) -> None:
    """More than the fixed rhythm of equal mean rates, and much more than the fixed one that gets through."""
    assert stepped["harvest_used_ratio"] > 1.1
    assert stepped["harvest_used_ratio_safe"] > 2.0
    assert stepped["samples"] > stepped["samples_fixed"] > stepped["samples_safe"]
    assert stepped["brownouts_safe"] == 0


def test_winter_smoothing_makes_for_a_steadier_rate(made_up: dict[str, object]) -> None:
    """From hour to hour the rate changes less than it would unsmoothed."""
    told = cast("dict[str, float]", made_up)
    assert told["jitter"] < 0.9 * told["unsmoothed_jitter"]


def test_hardest_weeks_are_those_in_which_the_fixed_rhythm_is_dark() -> None:
    """The midnight from which on it samples least."""
    life = Life(rate_h=[6.0] * 240)
    life.rate_h[130:150] = [0.0] * 20
    assert winter.hardest(life, 48) == 120


def test_winter_node_that_misjudges_its_own_draw_gets_through() -> None:
    """The gauge corrects what the model of the board has wrong by a third."""

    class Misjudging(Station):
        @property
        def cost(self) -> Cost:
            true = STATION.cost
            return Cost(rest_mw=true.rest_mw / 1.3, sample_mj=true.sample_mj / 1.3, session_mj=true.session_mj / 1.3)

    sky = made_up_year(seed=2)
    size = Size(panel_w=0.5, battery_wh=3.0)
    misjudging = Thrifty(Misjudging(STATION.board, WORK_S), size, winter.LIMITS, Params())
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
    """A recorded year, stepped through; `python -m tools.simulate winter` lets real nodes live it."""
    if not TYPICAL_YEAR.exists():
        pytest.skip(f"no typical year at {TYPICAL_YEAR}")
    world = winter.world("rpi-zero-2w", typical_year(), sun=1.5, days=4.0)
    thrifty = world.thrifty()
    fixed = world.fixed(world.like(thrifty))
    assert (thrifty.brownouts, thrifty.dark_h) == (0, 0.0)
    assert fixed.brownouts >= 1
    assert thrifty.used_mj > fixed.used_mj


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


@pytest.mark.parametrize(("words", "code"), [(["--help"], 0), (["nonesuch"], 2), ([], 2)])
def test_main_without_a_known_scenario_lists_them(
    words: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked for help it is fine, else it is a usage error; the list comes either way."""
    assert main(words) == code
    assert "winter" in capsys.readouterr().err


def test_show_prints_the_table(made_up: dict[str, object], capsys: pytest.CaptureFixture[str]) -> None:
    """All lives side by side, and every assumption with its quality."""
    winter.show(made_up)
    out = capsys.readouterr().out
    assert "brown-outs" in out
    assert "no charging below: 0 degrees" in out
