"""An outpost: a real node that boots for each sample, drains its battery by its own books, and dies with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import boards
from node.sleep.rhythm import Limits, Rhythm
from tools.simulate import outpost, winter
from tools.simulate.life import Fixed, live
from tools.simulate.outpost import Pole, lived
from tools.simulate.station import Size, Station
from tools.simulate.weather import Hour

if TYPE_CHECKING:
    from collections.abc import Sequence

RHYTHM = Rhythm(period_s=600.0, interval_s=3600.0)
BRIGHT = [Hour(400.0 if 8 <= hour % 24 < 16 else 0.0, 15.0 + hour % 24) for hour in range(72)]
BLACK = [Hour(0.0, 25.0)] * 72


def _pole(sky: Sequence[Hour], *, battery_wh: float = 1.0) -> Pole:
    return Pole(size=Size(panel_w=2.0, battery_wh=battery_wh), sky=sky, work=winter.WORK)


def station(sky: Sequence[Hour]) -> Station:
    """Return what an outpost under a sky is, in arithmetic."""
    return Station(boards.load_board(outpost.BOARD), winter.mean_work_s(winter.open_share(sky)), winter.WORK.link_s)


def test_outpost_lives_as_the_stepped_year_says() -> None:
    """Samples, sessions and joules of the real node, and of the arithmetic beside it, within a few hundredths."""
    life, counters = lived((_pole(BRIGHT), RHYTHM, None))
    stepped = live(station(BRIGHT), _pole(BRIGHT).size, BRIGHT, Fixed(RHYTHM))
    assert life.samples == pytest.approx(stepped.samples, rel=0.03)
    assert life.sessions == pytest.approx(stepped.sessions, rel=0.1)
    assert life.used_mj == pytest.approx(stepped.used_mj, rel=0.05)
    assert life.share == pytest.approx(stepped.share, abs=0.03)
    assert counters["cycles"] == life.samples
    assert counters["records_committed"] == counters["records_receipted"] > 10


def test_outpost_without_sun_dies_once_and_stays_dead() -> None:
    """One brown-out, at the hour that the battery's energy says; after that no boot."""
    life, _ = lived((_pole(BLACK), RHYTHM, None))
    draw_mw = station(BLACK).draw_mw(RHYTHM)
    assert life.brownouts == 1
    assert len(BLACK) - life.dark_h == pytest.approx(0.6 * 1000.0 / draw_mw, rel=0.05)
    assert sum(life.rate_h[-40:]) == 0.0
    assert len(life.rate_h) == len(BLACK)


def test_outpost_that_browned_out_boots_again_with_the_sun() -> None:
    """The disk is what it was: the counts go on, and so does the rhythm."""
    sky = BLACK[:36] + BRIGHT[:36]
    life, counters = lived((_pole(sky), RHYTHM, None))
    assert life.brownouts == 1
    assert life.rate_h[30] == 0.0
    assert life.rate_h[-1] == pytest.approx(6.0, abs=1.0)
    assert counters["cycles"] == life.samples


def test_outpost_with_energy_slows_down_where_a_fixed_one_dies() -> None:
    """The same dark days: it lives through them, and slower; the fixed rhythm is the control."""
    limits = Limits(fastest_s=600.0, slowest_s=3600.0, eager_s=3600.0, patient_s=21_600.0)
    dark = _pole(BLACK, battery_wh=1.5)
    thrifty, fixed = (lived((dark, RHYTHM, each))[0] for each in (limits, None))
    assert (thrifty.brownouts, fixed.brownouts) == (0, 1)
    assert thrifty.rate_h[-1] == pytest.approx(1.0, abs=0.5)


def test_every_lives_side_by_side_as_alone() -> None:
    """In processes of their own, in order, and the same to the last joule."""
    asked = [(_pole(BRIGHT[:24]), RHYTHM, None), (_pole(BLACK[:24]), RHYTHM, None)]
    for (life, counters), alone in zip(outpost.every(asked), map(lived, asked), strict=True):
        assert (life, counters) == alone


def test_every_whose_process_dies_says_so() -> None:
    """A life that ends before its sky does is an error, not a hang."""
    impossible = Rhythm(period_s=-1.0, interval_s=3600.0)
    with pytest.raises(RuntimeError, match="ended before its sky"):
        outpost.every([(_pole(BLACK[:24]), impossible, None)])
