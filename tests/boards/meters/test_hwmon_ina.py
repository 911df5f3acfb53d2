"""INA2xx: the shunt trap, and which of several chips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from boards.meters.hwmon_ina import HwmonIna, Params
from node.errors import HardwareError
from tests.boards.meters.worlds import Ina219

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> Ina219:
    """A Pi with one INA219."""
    return Ina219(tmp_path)


def test_power_through_a_shunt_that_the_driver_does_not_know_is_mended(world: Ina219) -> None:
    """A driver that believes in 10 milliohm where 100 are soldered shows ten times the power."""
    world.put("sys/class/hwmon/hwmon10/shunt_resistor", 10_000)
    world.put("sys/class/hwmon/hwmon10/power1_input", 12_000_000)
    assert HwmonIna(Params(), world.machine).power_mw() == 12_000.0
    assert HwmonIna(Params(shunt_uohm=100_000), world.machine).power_mw() == pytest.approx(1_200.0)


def test_power_through_a_shunt_that_is_none_is_a_gap(world: Ina219) -> None:
    """Scaled by a resistance of nothing, every reading would be a zero, which no meter says."""
    world.put("sys/class/hwmon/hwmon10/shunt_resistor", 0)
    meter = HwmonIna(Params(shunt_uohm=100_000), world.machine)
    assert meter.read() is None
    assert "hwmon10/shunt_resistor: the driver believes in a shunt of 0 microohm" in meter.trouble


def test_power_without_a_power_file_is_voltage_times_current(world: Ina219) -> None:
    """5000 mV and 200 mA are 1000 mW."""
    (world.root / "sys/class/hwmon/hwmon10/power1_input").unlink()
    assert HwmonIna(Params(), world.machine).power_mw() == 1_000.0


def test_power_of_two_chips_wants_one_named(world: Ina219) -> None:
    """Whichever comes first in a directory is nobody's choice."""
    folder = world.chip(11, "ina226", "1-0041")
    world.put(f"{folder}/power1_input", 7_000_000)
    with pytest.raises(HardwareError, match="2 of them: 1-0040, 1-0041; name one"):
        HwmonIna(Params(), world.machine).power_mw()
    assert HwmonIna(Params(device="1-0041"), world.machine).power_mw() == 7_000.0


def test_power_of_a_chip_that_comes_back_under_another_number_is_found(world: Ina219) -> None:
    """hwmon10 today is hwmon3 after it was plugged in again."""
    meter = HwmonIna(Params(), world.machine)
    meter.power_mw()
    (world.root / "sys/class/hwmon/hwmon10").rename(world.root / "sys/class/hwmon/hwmon3")
    assert meter.read() is None
    assert meter.power_mw() == 1_000.0
    assert meter.failures == 1


@pytest.mark.parametrize("text", ["", "garbage", "12.5"])
def test_power_file_with_nonsense_names_it(world: Ina219, text: str) -> None:
    """An empty file is what a driver in trouble leaves; the message says which."""
    world.put("sys/class/hwmon/hwmon10/power1_input", text)
    with pytest.raises(HardwareError, match="power1_input: expected a whole number"):
        HwmonIna(Params(), world.machine).power_mw()
