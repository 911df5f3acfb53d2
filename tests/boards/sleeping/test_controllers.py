"""Power controllers on emulated chips: the alarm rings when it should, or there is none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boards.sim.clock import VirtualClock
from boards.sim.controllers import SimPiJuice, SimWittyPi4
from boards.sleeping import pijuice, wittypi4
from boards.sleeping.fixed_timer import FixedTimer
from boards.sleeping.pijuice import PiJuice
from boards.sleeping.wittypi4 import WittyPi4
from node.errors import HardwareError

if TYPE_CHECKING:
    from boards.sim.kernel import SimTree

starts = st.datetimes(datetime(2025, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@settings(deadline=None, max_examples=60)
@given(starts, st.floats(2.0, 3 * 86_400.0), st.sampled_from([-9.5, 0.0, 5.75, 13.0]))
def test_wittypi4_alarm_rings_when_it_should_in_every_zone(start: datetime, in_s: float, zone_h: float) -> None:
    """Across midnights, months and leap days, whatever its clock's time zone: at most two seconds early, never late."""
    clock = VirtualClock(int(start.timestamp() * 1000))
    chip = SimWittyPi4(clock, zone_h=zone_h)
    WittyPi4(chip).arm(in_s)
    rings_in_s = chip.rings_in_s()
    assert rings_in_s is not None
    assert in_s - 2.0 <= rings_in_s <= in_s


def test_wittypi4_arm_clears_what_would_shut_down_or_has_rung(clock: VirtualClock) -> None:
    """An old shutdown alarm would cut the power in the middle of the next cycle."""
    chip = SimWittyPi4(clock)
    chip.registers[32:36] = bytes([0x00, 0x30, 0x12, 0x05])
    chip.registers[39], chip.registers[55] = 1, 0x47
    WittyPi4(chip).arm(600.0)
    assert bytes(chip.registers[32:36]) == bytes(4)
    assert (chip.registers[39], chip.registers[55]) == (0, 0x07)


def test_wittypi4_disarm_leaves_no_alarm(clock: VirtualClock) -> None:
    """All zeros is its word for none."""
    chip = SimWittyPi4(clock)
    WittyPi4(chip).arm(600.0)
    WittyPi4(chip).disarm()
    assert chip.rings_in_s() is None


@pytest.mark.parametrize("stuck", [27, 28, 30])
def test_wittypi4_register_that_does_not_take_is_an_error(clock: VirtualClock, stuck: int) -> None:
    """Its daemon, or a worn flash, may win: what does not read back is no alarm."""
    chip = SimWittyPi4(clock)
    clock.advance(3723.0)
    chip.stuck = stuck
    with pytest.raises(HardwareError, match=f"register {stuck}"):
        WittyPi4(chip).arm(600.0)


def test_wittypi4_refuses_without_a_clock_or_a_chip(clock: VirtualClock) -> None:
    """An oscillator that had stopped means an alarm at nobody knows when."""
    assert "never set" in WittyPi4(SimWittyPi4(clock, clock_set=False)).refusal()
    chip = SimWittyPi4(clock)
    assert WittyPi4(chip).refusal() == ""
    chip.unplugged = True
    assert "0x08" in WittyPi4(chip).refusal()


def test_wittypi4_other_chip_at_its_address_is_refused(clock: VirtualClock) -> None:
    """What gives no decimals is no clock."""

    class Stranger(SimWittyPi4):
        def _tick(self) -> None:
            self.registers[58:65] = b"\x3c" * 7

    assert "0x3c" in WittyPi4(Stranger(clock)).refusal()
    assert wittypi4.ADDRESS == 0x08


def test_pijuice_arm_sets_alarm_then_wake_then_cut(clock: VirtualClock) -> None:
    """The flag that another driver may clear comes after the alarm, and the countdown last of all."""
    chip = SimPiJuice(clock)
    PiJuice(chip).arm(3600.0)
    assert chip.order == [pijuice.ALARM, pijuice.CONTROL, pijuice.POWER_OFF]
    assert chip.blocks[pijuice.ALARM][:4] == bytes([0x00, 0x00, 0x01, 0x01])
    assert chip.blocks[pijuice.CONTROL] == bytes([pijuice.WAKE, 0])
    assert chip.cuts_in_s == pijuice.CUT_AFTER_S


def test_pijuice_whose_wake_flag_does_not_stay_is_not_cut(clock: VirtualClock) -> None:
    """It would never wake: so the power stays on."""
    chip = SimPiJuice(clock)
    chip.forgets_wake = True
    with pytest.raises(HardwareError, match="0xc2"):
        PiJuice(chip).arm(3600.0)
    assert chip.cuts_in_s is None


class DeafPiJuice(SimPiJuice):
    """One that drops the order to cut the power, as it drops what a bus has garbled."""

    def write(self, register: int, data: bytes) -> None:
        """Take all else."""
        if register != pijuice.POWER_OFF:
            super().write(register, data)


def test_pijuice_that_does_not_take_the_order_to_cut_is_an_error(clock: VirtualClock) -> None:
    """A board that is halted and not cut off is one that its alarm switches on in vain: it never wakes again."""
    with pytest.raises(HardwareError, match="0x62: the order to cut the power was not taken"):
        PiJuice(DeafPiJuice(clock)).arm(3600.0)


def test_pijuice_disarm_stops_the_countdown(clock: VirtualClock) -> None:
    """A machine whose halt was refused keeps its power."""
    chip = SimPiJuice(clock)
    PiJuice(chip).arm(3600.0)
    PiJuice(chip).disarm()
    assert chip.cuts_in_s is None
    assert chip.blocks[pijuice.CONTROL][0] == 0


def test_pijuice_refuses_a_block_whose_check_byte_is_wrong(clock: VirtualClock) -> None:
    """Noise on the bus is not a time."""
    chip = SimPiJuice(clock)
    assert PiJuice(chip).refusal() == ""
    chip.corrupts = True
    assert "check byte" in PiJuice(chip).refusal()


def test_pijuice_alarm_before_the_cut_is_refused(clock: VirtualClock) -> None:
    """An alarm that rings while the power is still on wakes nobody later."""
    with pytest.raises(HardwareError, match="cuts the power"):
        PiJuice(SimPiJuice(clock)).arm(30.0)


def test_fixed_timer_reaches_what_is_left_of_its_period(tree: SimTree, clock: VirtualClock) -> None:
    """The period began with the power: ten minutes of it are spent, and the firmware's two seconds."""
    timer = FixedTimer(tree, clock, 3600.0)
    assert "gpio-poweroff" in timer.refusal()
    tree.fit({"sys/bus/platform/drivers/poweroff-gpio/gpio_poweroff/uevent": ""})
    assert timer.refusal() == ""
    clock.advance(600.0)
    assert timer.reach_s == 2998.0
    timer.arm(2998.0)
    with pytest.raises(HardwareError, match="over in 2998 s, and 1000 s are wanted"):
        timer.arm(1000.0)
    clock.advance(3000.0)
    assert timer.reach_s == 0.0
    assert "timer_s" in FixedTimer(tree, clock, 0.0).refusal()
