"""A node within its means: what the controller is fed with, and what happens where somebody is silent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import pytest

from boards import open_ports
from node.energy.means import Fitted, Means
from node.errors import HardwareError
from node.hal import GaugeReading
from node.options import Spec
from node.sleep.energy import Params
from node.sleep.ledger import Ledger
from node.sleep.tempo import Tempo
from node.sleep.thrift import Wish, fitted
from node.values import Nap
from node.wire.messages import Forecast

if TYPE_CHECKING:
    from boards.sim.clock import VirtualClock

HOUR_S = 3600.0
DAY_MS = 86_400_000


@dataclass
class Box:
    """A battery that says what it was told to say."""

    reading: GaugeReading | None = None
    broken: bool = False
    asked: int = 0

    def read(self) -> GaugeReading | None:
        """Say it, or fail."""
        self.asked += 1
        if self.broken:
            raise HardwareError("i2c1 0x36: no answer; check the wiring")
        return self.reading


@dataclass
class Meter:
    """A panel's meter that sees what it was told to see."""

    sees_mw: float | None = 0.0

    def power_mw(self) -> float:
        """Tell it, or fail."""
        if self.sees_mw is None:
            raise HardwareError("hwmon_ina: no answer; check the wiring")
        return self.sees_mw


@dataclass
class House:
    """Means with the world around them."""

    params: Params = field(default_factory=Params)
    box: Box = field(default_factory=Box)
    meter: Meter | None = None

    def __post_init__(self) -> None:
        ports = open_ports("rpi-zero-2w", clock="virtual")
        self.clock = cast("VirtualClock", ports.clock)
        self.ports = replace(ports, open_gauge=lambda _: self.box, open_panel=self.panel)
        self.ledger = Ledger(ports.board.states)
        self.counters = Counter[str]()
        self.means = self.built()

    def built(self) -> Means:
        """Build them anew, as a start does."""
        self.tempo = Tempo(period_s=60.0, interval_s=600.0)
        fitting = fitted(self.params, 10.0, Wish(period_s=60.0, interval_s=600.0))
        nap = Nap(duration_s=600.0, state="off", reason="test", energy_mj=14_000.0)
        harvest = Spec("hwmon_ina", "boards.meters.hwmon_ina:HwmonIna", None) if self.meter else None
        return Means(fitting, self.ports, self.ledger, self.tempo, lambda _: nap, Fitted(harvest=harvest))

    def panel(self, _: Spec) -> Meter:
        """Open the panel's meter."""
        assert self.meter
        return self.meter

    def hour(self, reading: GaugeReading | None = None, draw_mw: float = 10.0) -> None:
        """Let an hour pass, and consider."""
        self.box.reading = reading
        self.clock.advance(HOUR_S)
        self.ledger.charge("sleep", draw_mw * HOUR_S)
        self.means.consider(self.counters)

    @property
    def charge(self) -> float | None:
        """What health is told."""
        return self.means.gauges().get("battery_charge")


def test_means_step_once_an_hour() -> None:
    """Asked in every cycle, they read the gauge and move the budget by the hour."""
    house = House(box=Box(GaugeReading(share=0.5)))
    while house.clock.monotonic_s() < 5 * HOUR_S:
        house.means.consider(house.counters)
        house.clock.advance(house.tempo.steady_s)
    assert house.box.asked == 5


def test_means_bend_the_tempo_within_the_limits() -> None:
    """Slow while nothing is known of the sun, and no slower than ten times the wish."""
    house = House()
    house.hour(GaugeReading(share=0.5))
    assert (house.tempo.steady_s, house.tempo.interval_s) == (600.0, 6000.0)


def test_means_that_only_watch_bend_nothing() -> None:
    """`adaptive = false`: the figures are told, the rhythm is the operator's."""
    house = House(Params(adaptive=False))
    house.hour(GaugeReading(share=0.05))
    assert (house.charge, house.tempo.steady_s) == (0.05, 60.0)


@pytest.mark.parametrize("broken", [True, False])
def test_means_with_a_silent_gauge_say_so_and_are_slow(broken: bool) -> None:
    """What nobody knows counts as empty, and the reason says why."""
    house = House(box=Box(broken=broken))
    house.hour()
    assert house.charge is None
    assert house.tempo.steady_s == 600.0
    assert "the gauge does not answer" in house.means.reason


def test_means_without_a_gauge_count_from_the_operators_word() -> None:
    """10 Wh are 36 MJ: an hour at one watt takes a tenth of them, or what the curve makes of it."""
    house = House(Params(counted_from=0.8))
    house.hour()
    house.hour(draw_mw=1000.0)
    assert house.charge == pytest.approx(0.7, abs=0.01)


def test_means_believe_a_voltage_only_while_it_falls() -> None:
    """A cell that rises is being charged, and its voltage says nothing of its charge; a chemistry unknown, never."""
    house, other = House(), House(Params(chemistry="other"))
    for each in (house, other):
        each.hour(GaugeReading(cell_mv=3800.0))
        each.hour(GaugeReading(cell_mv=4100.0))
        assert each.charge is None
        each.hour(GaugeReading(cell_mv=3802.0))
    assert house.charge == pytest.approx(0.5, abs=0.01)
    assert other.charge is None


def test_means_forecast_is_believed_for_its_days_and_then_forgotten() -> None:
    """A sun that the gateway foretells is expected instead of the usual one, until its last day is over."""
    house = House(Params(panel_w=1.0, yielded=0.5))
    for hour in range(48):
        share = 0.5 + (0.01 if 8 <= hour % 24 < 16 else 0.0) * (hour % 24 - 8)
        house.hour(GaugeReading(share=share))
    usual_mj = house.means.gauges()["sun_expected_mj"]
    assert usual_mj > 0.0
    house.means.hear(Forecast(start_ms=house.clock.wall_ms() // DAY_MS * DAY_MS, wh_m2=(4000.0, 4000.0)))
    foretold_mj = house.means.gauges()["sun_expected_mj"]
    assert foretold_mj == pytest.approx(4.0 * 1.0 * 0.5 * 3.6e6, rel=0.01)
    for _ in range(48):
        house.clock.advance(HOUR_S)
        house.means.consider(house.counters)
    assert house.means.gauges()["sun_expected_mj"] < foretold_mj / 2.0


def test_means_of_a_step_before_midnight_go_by_the_new_days_forecast() -> None:
    """The cycle nearest to the hour may come before it: the coming hour is the first of a day that is foretold dark."""
    house = House(Params(panel_w=1.0, yielded=0.5))
    for hour in range(71):
        share = 0.5 + (0.01 if 8 <= hour % 24 < 16 else 0.0) * (hour % 24 - 8)
        house.hour(GaugeReading(share=share))
    today_ms = house.clock.wall_ms() // DAY_MS * DAY_MS
    house.means.hear(Forecast(start_ms=today_ms, wh_m2=(4000.0, 0.0, 4000.0)))
    house.clock.advance(HOUR_S - 20.0)
    house.means.consider(house.counters)
    assert house.clock.wall_ms() == today_ms + DAY_MS - 20_000
    assert house.means.gauges()["sun_expected_mj"] == 0.0


def test_means_remember_all_of_it() -> None:
    """Charge, sun, budget, forecast and reason outlive a restart, and the tempo is bent again at once."""
    house = House(Params(panel_w=1.0))
    house.means.hear(Forecast(start_ms=house.clock.wall_ms(), wh_m2=(4000.0,) * 3))
    house.hour(GaugeReading(share=0.5))
    kept, told, reason = house.means.memory(), house.means.gauges(), house.means.reason
    again = house.built()
    again.recall(kept)
    assert (again.gauges(), again.reason, again.memory()) == (told, reason, kept)
    assert house.tempo.steady_s == 600.0


def test_means_of_a_life_cost_what_its_ledger_says() -> None:
    """A costly sample is dearer at the same budget: the level falls when the books tell of it."""
    levels = []
    for sample_mj in (10.0, 10_000.0):
        house = House()
        house.counters.update(cycles=100, transmissions=10)
        house.ledger.charge("infer", 100 * sample_mj)
        house.hour(GaugeReading(share=1.0))
        levels.append(house.means.gauges()["energy_level"])
    assert levels[0] > levels[1]


@pytest.mark.parametrize(
    ("reading", "browned_out", "goes"),
    [
        (GaugeReading(share=0.5), False, True),
        (GaugeReading(share=0.02), False, False),
        (GaugeReading(share=0.12), True, False),
        (GaugeReading(cell_mv=3300.0), False, False),
        (GaugeReading(cell_mv=4000.0), True, True),
        (None, False, True),
        (None, True, False),
    ],
)
def test_means_start_by_what_a_first_look_says(reading: GaugeReading | None, browned_out: bool, goes: bool) -> None:
    """A share before a voltage; with neither a start after a brown-out is put off once, and then let go."""
    house = House(box=Box(reading))
    assert house.means.start(browned_out=browned_out).goes is goes
    if reading is None and browned_out:
        assert house.means.waits == 1
        assert house.means.start(browned_out=True).goes


def test_means_start_within_the_hour_opens_no_gauge() -> None:
    """A wake that finds plenty on disk believes it for two hours; with little left, or after a brown-out, it looks."""
    house = House()
    house.hour(GaugeReading(share=0.5))
    plenty = house.means.memory()
    house.hour(GaugeReading(share=0.16))
    little = house.means.memory()
    house.box.reading = GaugeReading(share=0.5)
    asked = house.box.asked
    for kept, browned_out, looks in ((plenty, False, 0), (plenty, True, 1), (little, False, 1)):
        again = house.built()
        again.recall(kept)
        assert again.start(browned_out=browned_out).goes
        assert house.box.asked - asked == looks
        asked = house.box.asked
    house.clock.advance(2 * HOUR_S)
    again = house.built()
    again.recall(plenty)
    again.start(browned_out=False)
    assert house.box.asked == asked + 1


@pytest.mark.parametrize(
    "memory", [{"thrift": {}}, {"thrift": 3, "kept": {}}, {"thrift": {}, "kept": {"moon": 1}}, {"kept": []}]
)
def test_means_with_a_memory_of_another_version_start_anew(memory: dict[str, object]) -> None:
    """An update finds what an older node left: it decides as on the first day, and does not fail to boot."""
    house = House()
    house.means.recall(memory)
    house.hour(GaugeReading(share=0.5))
    assert house.charge == 0.5


def _sunny(house: House, hours: int, sees_mw: float | None) -> None:
    """Let hours pass in which the meter sees so much, a look every ten minutes."""
    assert house.meter
    for _ in range(6 * hours):
        house.meter.sees_mw = sees_mw
        house.clock.advance(600.0)
        house.ledger.charge("sleep", 6000.0)
        house.means.consider(house.counters)


def test_means_count_what_the_panels_meter_saw_where_no_gauge_tells() -> None:
    """10 Wh are 36 MJ: six hours at a watt are six tenths of them; without the meter nobody saw them."""
    metered, blind = House(Params(counted_from=0.2), meter=Meter()), House(Params(counted_from=0.2))
    metered.hour()
    blind.hour()
    _sunny(metered, 6, 1000.0)
    for _ in range(6):
        blind.hour()
    assert metered.means.gauges()["sun_measured_mj"] == pytest.approx(3.6e6, rel=0.2)
    assert metered.charge == pytest.approx(0.78, abs=0.05)
    assert blind.charge == pytest.approx(0.2, abs=0.02)
    assert metered.means.gauges()["sun_expected_mj"] > 10e6 > blind.means.gauges()["sun_expected_mj"]


def test_means_take_a_silent_panel_for_a_gap_and_say_so() -> None:
    """No hour of darkness is learnt from it, and the reason is there until it answers again."""
    house = House(Params(counted_from=0.2), meter=Meter())
    house.hour()
    _sunny(house, 4, 1000.0)
    before = house.means.gauges()["sun_expected_mj"]
    _sunny(house, 3, None)
    assert house.means.trouble == "hwmon_ina: no answer; check the wiring"
    assert "sun_measured_mj" not in house.means.gauges()
    assert house.means.gauges()["sun_expected_mj"] == pytest.approx(before)
    _sunny(house, 1, 1000.0)
    assert house.means.trouble == ""


def test_means_go_on_with_the_panels_hour_after_a_restart() -> None:
    """Each wake may be a boot: the line is drawn from the last look of the one before."""
    house = House(Params(counted_from=0.2), meter=Meter(500.0))
    house.hour()
    for _ in range(6):
        memory = house.means.memory()
        house.means = house.built()
        house.means.recall(memory)
        house.clock.advance(600.0)
        house.means.consider(house.counters)
    assert house.means.gauges()["sun_measured_mj"] == pytest.approx(1.8e6)
