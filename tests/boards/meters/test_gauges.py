"""Gauges, chips and firmware: what each must not be fooled by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from boards.meters.i2c import Device
from boards.meters.max17048 import Max17048
from boards.meters.max17048 import Params as CellParams
from boards.meters.model import Model
from boards.meters.model import Params as ModelParams
from boards.meters.power_supply import Params as BatteryParams
from boards.meters.power_supply import PowerSupply
from boards.meters.rapl import Params as RaplParams
from boards.meters.rapl import Rapl
from boards.meters.rpi5_pmic import Params as PmicParams
from boards.meters.rpi5_pmic import Rpi5Pmic, rails_mw
from boards.meters.wittypi4 import Params as WittyParams
from boards.meters.wittypi4 import WittyPi4
from node.errors import HardwareError
from tests.boards.meters.worlds import Battery, Cell, Chip, Folder, Kernel, Packages, Witty

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("status", ["Charging", "Full", "Not charging", "Unknown"])
def test_power_supply_on_mains_is_a_gap(tmp_path: Path, status: str) -> None:
    """What the charger puts in is not what the node draws, and is not taken off afterwards either."""
    world = Battery(tmp_path)
    meter = PowerSupply(BatteryParams(step_mwh=1.0), world.machine)
    world.draw(2000.0, 100.0)
    meter.read()
    world.status = status
    world.draw(5000.0, 100.0)
    assert meter.read() is None
    world.status = "Discharging"
    world.draw(2000.0, 100.0)
    start = meter.read()
    assert start is not None
    assert start.energy_mj == 0.0
    world.draw(2000.0, 100.0)
    end = meter.read()
    assert end is not None
    assert end.energy_mj == pytest.approx(200_000.0, abs=end.uncertainty_mj)
    assert end.covered_s == pytest.approx(100.0)


def test_power_supply_that_is_named_and_no_battery_is_refused(tmp_path: Path) -> None:
    """A USB port's entries are negotiated, not measured."""
    world = Battery(tmp_path)
    with pytest.raises(HardwareError, match="no battery 'AC'"):
        PowerSupply(BatteryParams(supply="AC"), world.machine).counts_mj()


def test_power_supply_keeps_to_the_battery_that_it_began_with(tmp_path: Path) -> None:
    """Another one that takes its place counts from elsewhere: that is a gap, and no sum that falls."""
    world = Battery(tmp_path)
    supplies = tmp_path / "sys/class/power_supply"
    meter = PowerSupply(BatteryParams(step_mwh=1.0), world.machine)
    meter.read()
    world.draw(2000.0, 100.0)
    before = meter.read()
    (supplies / "BAT0").rename(supplies / "BAT1")
    assert meter.read() is None
    (supplies / "BAT1").rename(supplies / "BAT0")
    world.draw(2000.0, 100.0)
    after = meter.read()
    assert before is not None
    assert after is not None
    assert after.energy_mj - before.energy_mj == pytest.approx(200_000.0, abs=after.uncertainty_mj)


def test_max17048_reads_the_high_byte_first(tmp_path: Path) -> None:
    """0xBF68 is 49000 and 3828 mV; little-endian it would be 2084 mV."""
    gauge = Max17048(CellParams(), Cell(tmp_path).machine)
    assert gauge.cell_mv() == pytest.approx(3828.125)
    assert gauge.state_of_charge_percent() == pytest.approx(60.0, abs=0.01)


def test_max17048_that_is_charged_is_a_gap(tmp_path: Path) -> None:
    """Above zero, CRATE says that the cell is filled."""
    world = Cell(tmp_path)
    meter = Max17048(CellParams(capacity_mwh=2000.0), world.machine)
    assert meter.read() is not None
    world.rate = 40
    world.draw(1000.0, 600.0)
    assert meter.read() is None


def test_max17048_on_a_floating_bus_is_refused(tmp_path: Path) -> None:
    """All ones are no state of charge."""
    world = Cell(tmp_path)
    world.chip.registers[:] = b"\xff" * 256
    with pytest.raises(HardwareError, match="is no state of charge"):
        Max17048(CellParams(), world.machine).state_of_charge_percent()


def test_max17048_without_a_capacity_counts_no_joules(tmp_path: Path) -> None:
    """A share of the unknown is unknown."""
    assert Max17048(CellParams(), Cell(tmp_path).machine).read() is None


class _Carrying(Chip):
    """A Witty Pi whose current goes from 0.99 A to 1.00 A while it is read."""

    reads = 0

    def read(self, register: int, count: int) -> bytes:
        """Carry over after the whole part was read."""
        said = super().read(register, count)
        self.reads += register == 5
        if self.reads == 1:
            self.registers[5:7] = bytes([1, 0])
        return said


def test_wittypi4_is_not_torn_by_a_carry(tmp_path: Path) -> None:
    """0.99 then 1.00 A: never 0.00, which was never there."""
    world = Witty(tmp_path)
    chip = _Carrying()
    chip.registers[3:7] = bytes([5, 0, 0, 99])
    world.chips[1, 0x08] = chip
    assert WittyPi4(WittyParams(), world.machine).power_mw() == pytest.approx(5000.0)


def test_wittypi4_that_is_none_is_refused(tmp_path: Path) -> None:
    """Hundredths above 99 are somebody else's registers."""
    world = Witty(tmp_path)
    world.chip.registers[:] = b"\xff" * 256
    with pytest.raises(HardwareError, match="is it one"):
        WittyPi4(WittyParams(), world.machine).power_mw()


def test_rapl_counts_packages_once(tmp_path: Path) -> None:
    """Neither the subdomain, nor its twin by MMIO, nor psys around it all."""
    assert set(Rapl(RaplParams(), Packages(tmp_path).machine).counts_mj()) == {"intel-rapl:0", "intel-rapl:1"}


def test_rapl_without_a_range_takes_a_wrap_for_a_gap(tmp_path: Path) -> None:
    """Where the range cannot be read, a fall is not guessed at."""
    world = Packages(tmp_path)
    for path in tmp_path.rglob("max_energy_range_uj"):
        path.unlink()
    meter = Rapl(RaplParams(), world.machine)
    meter.read()
    world.draw(5000.0, 1.0)
    reading = meter.read()
    assert reading is not None
    assert (reading.energy_mj, reading.covered_s) == (0.0, 0.0)


def test_pmic_rail_without_a_voltage_is_refused() -> None:
    """A current alone is no power, and half of the rails are not the rails."""
    with pytest.raises(HardwareError, match="no voltage for VDD_CORE"):
        rails_mw("VDD_CORE_A current(7)=1.2A\n3V3_SYS_A current(1)=0.1A\n3V3_SYS_V volt(9)=3.3V")
    with pytest.raises(HardwareError, match="no voltage for anything"):
        rails_mw("error=2 error_msg='Invalid arguments'")


@pytest.mark.parametrize("command", [("false",), ("/nowhere/vcgencmd",)])
def test_pmic_command_that_fails_is_refused(tmp_path: Path, command: tuple[str, ...]) -> None:
    """Not a Pi, or not in the group `video`."""
    with pytest.raises(HardwareError, match=command[0]):
        Rpi5Pmic(PmicParams(command=command), Battery(tmp_path).machine).power_mw()


def test_model_of_a_board_without_figures_is_refused(tmp_path: Path) -> None:
    """There is nothing to model from."""
    with pytest.raises(HardwareError, match="no draw"):
        Model(ModelParams(), Cell(tmp_path).machine)


def test_model_of_a_file_that_is_no_stat_is_refused(tmp_path: Path) -> None:
    """proc(5) has a cpu line first."""
    world = Kernel(tmp_path)
    Folder.put(world, "proc/stat", "cpu 1 2")
    with pytest.raises(HardwareError, match="expected the cpu lines"):
        Model(ModelParams(), world.machine).counts_mj()


def test_i2c_bus_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    """The commonest mistake: I2C is off."""
    with pytest.raises(HardwareError, match="is I2C switched on"):
        Device(tmp_path / "i2c-1", 0x36)


def test_i2c_bus_that_is_no_bus_is_refused(tmp_path: Path) -> None:
    """The kernel is asked for the address at once."""
    (tmp_path / "i2c-1").touch()
    with pytest.raises(HardwareError, match="0x36"):
        Device(tmp_path / "i2c-1", 0x36)
