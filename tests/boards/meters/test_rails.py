"""Rails: which of them is the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from boards.meters.ina3221 import Ina3221, Params
from boards.meters.rails import ina3221_rails_mw, whole_mw
from node.errors import HardwareError
from tests.boards.meters.worlds import Orin

if TYPE_CHECKING:
    from pathlib import Path


def test_rails_of_an_orin_are_its_three_channels(tmp_path: Path) -> None:
    """Sums and shunts are no rails."""
    Orin(tmp_path)
    assert ina3221_rails_mw(tmp_path) == {"VDD_IN": 1000.0, "VDD_CPU_GPU_CV": 400.0, "VDD_SOC": 200.0}


def test_rails_that_are_off_or_not_connected_are_left_out(tmp_path: Path) -> None:
    """A channel that is switched off has no reading, one that is labelled NC no load."""
    world = Orin(tmp_path)
    world.put("sys/class/hwmon/hwmon2/in2_enable", 0)
    world.put("sys/class/hwmon/hwmon2/in3_label", "NC")
    assert ina3221_rails_mw(tmp_path) == {"VDD_IN": 1000.0}


def test_rails_of_one_chip_of_two_can_be_named(tmp_path: Path) -> None:
    """An AGX has two."""
    world = Orin(tmp_path)
    folder = world.chip(3, "ina3221", "1-0041")
    for name, value in (("in1_label", "VIN_SYS_5V0"), ("in1_input", 5000), ("curr1_input", 10)):
        world.put(f"{folder}/{name}", value)
    assert len(ina3221_rails_mw(tmp_path)) == 4
    assert ina3221_rails_mw(tmp_path, "1-0041") == {"VIN_SYS_5V0": 50.0}


def test_whole_is_never_the_sum_of_a_total_and_its_parts() -> None:
    """The mistake that jetson-stats made: VDD_IN and what is inside it, added."""
    rails_mw = {"VDD_IN": 1000.0, "VDD_SOC": 200.0}
    assert whole_mw(rails_mw) == (1000.0, True)
    assert whole_mw(rails_mw, total="VDD_SOC") == (200.0, True)


def test_whole_that_is_not_there_names_what_is() -> None:
    """The message helps to mend the board's file."""
    with pytest.raises(HardwareError, match="no rail VDD_IM; there is VDD_IN"):
        whole_mw({"VDD_IN": 1.0}, total="VDD_IM")
    with pytest.raises(HardwareError, match="no rail at all"):
        whole_mw({})


def test_ina3221_says_rails_where_it_adds_them_up(tmp_path: Path) -> None:
    """A sum is not the module, whatever the board's file calls it."""
    world = Orin(tmp_path)
    world.put("sys/class/hwmon/hwmon2/in1_label", "VDD_3V3")
    meter = Ina3221(Params(scope="module", rails=("VDD_SOC", "VDD_CPU_GPU_CV")), world.machine)
    reading = meter.read()
    assert reading is not None
    assert (meter.power_mw(), reading.scope) == (600.0, "rails")


def test_ina3221_with_a_total_does_not_add_its_parts(tmp_path: Path) -> None:
    """Rails that a board's file names beside the total are parts of it."""
    meter = Ina3221(Params(scope="module", total="VDD_IN", rails=("VDD_SOC",)), Orin(tmp_path).machine)
    reading = meter.read()
    assert reading is not None
    assert (meter.power_mw(), reading.scope) == (1000.0, "module")


def test_ina3221_through_shunts_that_the_driver_does_not_know_is_mended(tmp_path: Path) -> None:
    """Breakout boards carry 100 milliohm at each channel, where the driver believes in 10."""
    world = Orin(tmp_path)
    for channel in (1, 2, 3):
        world.put(f"sys/class/hwmon/hwmon2/shunt{channel}_resistor", 10_000)
    assert Ina3221(Params(shunt_uohm=100_000), world.machine).power_mw() == pytest.approx(100.0)
    assert Ina3221(Params(), world.machine).power_mw() == 1000.0
    world.put("sys/class/hwmon/hwmon2/shunt2_resistor", 0)
    with pytest.raises(HardwareError, match=r"shunt2_resistor: the driver believes in a shunt of 0 microohm"):
        Ina3221(Params(shunt_uohm=100_000), world.machine).power_mw()
