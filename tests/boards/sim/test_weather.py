"""The orchard: weather that follows from time and seed alone, and events that its readings show."""

from __future__ import annotations

from dataclasses import replace

import pytest

import boards
from boards.sim.climate import Climate, Params
from boards.sim.clock import START_MS, VirtualClock
from boards.sim.weather import DAY_S, DRAINING_S, TAKEN_UP, Event, Orchard

START_S = START_MS / 1e3
YEAR_S = 365 * DAY_S


def read_at(time_s: float, seed: int = 0) -> dict[str, float]:
    """Build a new sensor and read it at a time, as a node that has just booted does."""
    ports = boards.open_ports("sim", clock="virtual")
    return dict(Climate(Params(seed=seed), replace(ports, clock=VirtualClock(round(time_s * 1e3)))).read().values)


def events(kind: str, days: int = 60, seed: int = 0) -> list[Event]:
    """List what happened."""
    return [each for each in Orchard(seed).events(START_S, START_S + days * DAY_S) if each.kind == kind]


def test_climate_after_a_reboot_goes_on_where_the_weather_is() -> None:
    """What is read depends on time and seed alone, and not on when the sensor was opened."""
    assert read_at(START_S + 5000.0) == read_at(START_S + 5000.0)
    assert read_at(START_S + 5000.0) != read_at(START_S + 5000.0, seed=1)
    assert read_at(START_S + 5000.0) != read_at(START_S + 5600.0)


def test_climate_stays_within_what_its_sensors_can_show() -> None:
    """A year of readings: humidity and wetness are shares, soil is neither dust nor mud, air is that of a spring."""
    readings = [read_at(START_S + hour * 3600.0) for hour in range(0, 24 * 365, 29)]
    assert all(0.0 < each["humidity"] <= 100.0 for each in readings)
    assert all(-3.0 < each["leaf_wetness"] < 103.0 for each in readings)
    assert all(17.0 < each["soil_moisture"] < 60.0 for each in readings)
    assert all(-20.0 < each["temperature"] < 35.0 for each in readings)


@pytest.mark.parametrize("seed", range(4))
def test_orchard_events_of_each_kind_come_by_themselves(seed: int) -> None:
    """Two months bring an irrigation every other morning, some showers and some frosts, in order of their start."""
    found = Orchard(seed).events(START_S, START_S + 60 * DAY_S)
    assert [each.start_s for each in found] == sorted(each.start_s for each in found)
    counts = {kind: sum(each.kind == kind for each in found) for kind in ("irrigation", "wetting", "frost")}
    assert counts["irrigation"] == 30
    assert 5 <= counts["wetting"] <= 35
    assert 3 <= counts["frost"] <= 50


def test_orchard_frost_is_when_the_air_freezes() -> None:
    """Below zero within, above on either side; the control: an hour later it is no frost any more."""
    orchard = Orchard(0)
    for each in events("frost"):
        assert orchard.air_c((each.start_s + each.stop_s) / 2.0) < 0.0
        assert orchard.air_c(each.stop_s) >= 0.0
        assert orchard.air_c(each.stop_s + 3600.0) > 0.0


def test_orchard_irrigation_fills_the_soil_which_then_drains() -> None:
    """Half an hour brings nine points, and a day takes more than half of them, where it does not rain."""
    orchard = Orchard(0)
    rained = [each.start_s for each in events("wetting", days=70)]
    dry = [each for each in events("irrigation") if not any(-3e5 < rain_s - each.start_s < 1e5 for rain_s in rained)]
    assert dry
    for each in dry:
        rise = orchard.soil(each.stop_s) - orchard.soil(each.start_s)
        assert TAKEN_UP - 1.0 < rise <= TAKEN_UP
        assert orchard.soil(each.stop_s + DRAINING_S) < orchard.soil(each.stop_s) - 0.6 * TAKEN_UP


def test_orchard_shower_wets_leaves_and_dries() -> None:
    """Wet through within it, dry some hours after, and the air is damper meanwhile than it would be."""
    orchard = Orchard(0)
    for each in events("wetting"):
        assert orchard.wetness(each.start_s - 1.0) < 1.0
        assert orchard.wetness(each.stop_s - 1.0) == pytest.approx(100.0)
        assert orchard.wetness(each.stop_s + 7300.0) < 1.0


def test_orchard_event_that_is_cut_off_is_not_told() -> None:
    """A stretch that ends after the time that was asked for is no whole event."""
    first = events("irrigation")[0]
    assert first not in Orchard(0).events(START_S, first.stop_s - 1.0)
    assert first in Orchard(0).events(START_S, first.stop_s)
