"""A board's mechanisms together with the planner: what the real boards do on machines that are so, or not so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import boards
from boards.sim.bed import VirtualBed
from boards.sim.clock import VirtualClock, VirtualSleeper
from boards.sim.controllers import SimPiJuice, SimWittyPi4
from boards.sleeping.absent import Absent
from boards.sleeping.bed import LinuxBed, find_controller
from boards.sleeping.fixed_timer import FixedTimer
from boards.sleeping.needs import Needs
from boards.sleeping.pijuice import PiJuice
from boards.sleeping.rtc import Rtc
from boards.sleeping.wittypi4 import WittyPi4
from node.errors import HardwareError
from node.hal import Bedding
from node.sleep.planner import plan
from node.values import Nap, TimeQuality
from tests.boards.sleeping.test_needs import Vendor

if TYPE_CHECKING:
    from boards.sim.kernel import SimTree
    from boards.sleeping import Alarm

STANDBY = "POWER_OFF_ON_HALT=1"
WITTY = Bedding(controller="wittypi4")


def bed(
    board_id: str, tree: SimTree, clock: VirtualClock, told: dict[str, str] | None = None, alarm: Alarm | None = None
) -> LinuxBed:
    """Make a board's bed on a machine in a folder."""
    bedding = WITTY if alarm else Bedding()
    needs = Needs(tree, Vendor(told or {}), bedding.controller)
    return LinuxBed(boards.load_board(board_id), clock, bedding, alarm, tree=tree, needs=needs)


def planned(board_id: str, found: LinuxBed, gap_s: float = 3600.0, *, on_disk: bool = True) -> Nap:
    """Plan an hour on it."""
    return plan(gap_s, boards.load_board(board_id).states, found.conditions(memory_is_on_disk=on_disk))


@pytest.mark.parametrize("board_id", ["rpi-zero-2w", "rpi-3b-plus", "rpi-4b", "generic"])
def test_bed_of_a_pi_without_a_controller_sleeps_lightly(board_id: str, tree: SimTree, clock: VirtualClock) -> None:
    """No Pi suspends, and before the Pi 5 none wakes itself from a halt."""
    assert planned(board_id, bed(board_id, tree, clock)).state == "light"


@pytest.mark.parametrize("board_id", ["rpi-zero-2w", "rpi-3b-plus", "rpi-4b"])
def test_bed_of_a_pi_behind_a_witty_pi_is_switched_off(board_id: str, tree: SimTree, clock: VirtualClock) -> None:
    """With somebody to give the power back, an hour is spent without it."""
    alarm = WittyPi4(SimWittyPi4(clock))
    assert planned(board_id, bed(board_id, tree, clock, alarm=alarm)).state == "off"
    assert planned(board_id, bed(board_id, tree, clock, alarm=alarm), on_disk=False).state == "light"


def test_bed_of_a_pi_5_halts_by_its_rtc(tree: SimTree, clock: VirtualClock) -> None:
    """With its EEPROM set an hour costs a boot and some joules, without it two hours of light sleep's worth."""
    tree.fit_rtc()
    ready = planned("rpi-5", bed("rpi-5", tree, clock, {"vcgencmd bootloader_config": STANDBY}))
    assert ready.state == "halt"
    new = {"vcgencmd bootloader_version": "2026/01/16"}
    default = planned("rpi-5", bed("rpi-5", tree, clock, new))
    assert default.state == "halt"
    assert default.energy_mj > 10 * ready.energy_mj


def test_bed_of_a_pi_5_with_an_old_bootloader_is_not_halted(tree: SimTree, clock: VirtualClock) -> None:
    """It would draw watts, and its RTC could not wake it."""
    tree.fit_rtc()
    nap = planned("rpi-5", bed("rpi-5", tree, clock, {"vcgencmd bootloader_version": "2024/09/23"}))
    assert nap.state == "light"
    assert "2025-06-29" in nap.reason


def test_bed_of_a_pi_5_whose_clock_was_never_set_is_not_halted(tree: SimTree) -> None:
    """Neither does the planner choose it, nor would the mechanism do it."""
    clock = VirtualClock(quality=TimeQuality.UNSET)
    tree.fit_rtc()
    found = bed("rpi-5", tree, clock, {"vcgencmd bootloader_config": STANDBY})
    assert "clock is not sane" in planned("rpi-5", found).reason
    saved: list[str] = []
    with pytest.raises(HardwareError, match="never set"):
        found.halt(Nap(duration_s=600.0, state="halt", reason=""), [lambda: saved.append("outbox")])
    assert not saved


def test_bed_of_a_beaglebone_suspends_and_comes_back(tree: SimTree, clock: VirtualClock) -> None:
    """The planner's nap, lived through by the mechanism, ends before the deadline by no more than a second."""
    tree.fit_rtc()
    tree.fit({"sys/power/state": "freeze mem", "sys/power/mem_sleep": "s2idle [deep]"})
    found = bed("beaglebone-black", tree, clock)
    nap = planned("beaglebone-black", found)
    assert nap.state == "suspend"
    slept_s = found.nap(nap, wait=lambda _: pytest.fail("a suspended machine does not wait"))
    assert slept_s == pytest.approx(nap.duration_s, abs=1.0)
    assert clock.monotonic_s() <= nap.duration_s


def test_bed_waits_out_what_is_too_short_for_an_alarm(tree: SimTree, clock: VirtualClock) -> None:
    """The second that an alarm rang early by refuses no state; the RTC, asked for it, would."""
    tree.fit_rtc()
    tree.fit({"sys/power/state": "freeze mem", "sys/power/mem_sleep": "s2idle [deep]"})
    found = bed("beaglebone-black", tree, clock)
    rest = Nap(duration_s=1.4, state="suspend", reason="")
    assert found.nap(rest, wait=lambda duration_s: duration_s) == 1.4
    with pytest.raises(HardwareError, match="too few"):
        Rtc(tree).arm(rest.duration_s)


def test_bed_whose_controller_is_absent_still_saves_in_light_sleep(tree: SimTree, clock: VirtualClock) -> None:
    """A bus that is switched off keeps the board from being cut off, and nothing else."""
    tree.fit({"sys/class/drm/card0-HDMI-A-1/status": "connected"})
    bedding = Bedding(savings=("hdmi",), controller="wittypi4")
    found = LinuxBed(boards.load_board("rpi-zero-2w"), clock, bedding, Absent("wittypi4: no bus"), tree=tree)
    nap = planned("rpi-zero-2w", found)
    assert (nap.state, nap.draw_mw) == ("light", 400.0)
    assert nap.reason.endswith("not off: wittypi4: no bus")
    with pytest.raises(HardwareError, match="no bus"):
        found.halt(Nap(duration_s=600.0, state="off", reason=""), [])


def test_bed_light_draws_less_only_by_a_saving_that_was_had(tree: SimTree, clock: VirtualClock) -> None:
    """The board's figure for light sleep is one with HDMI off: not asked for, or refused, it is the idle draw."""
    tree.fit({"sys/class/drm/card0-HDMI-A-1/status": "connected"})
    board = boards.load_board("rpi-zero-2w")
    drawn = []
    for savings in ((), ("hdmi",), ("hdmi", "wifi")):
        found = LinuxBed(board, clock, Bedding(savings=savings), None, tree=tree)
        found.nap(Nap(duration_s=1.0, state="light", reason=""), lambda duration_s: duration_s)
        nap = planned("rpi-zero-2w", found)
        assert nap.state == "light"
        drawn.append((nap.draw_mw, "without saving:hdmi" in nap.reason))
    assert drawn == [(600.0, True), (400.0, False), (400.0, False)]
    (tree.root / "sys/class/drm/card0-HDMI-A-1/status").unlink()
    found.nap(Nap(duration_s=1.0, state="light", reason=""), lambda duration_s: duration_s)
    assert planned("rpi-zero-2w", found).draw_mw == 600.0
    assert found.conditions(memory_is_on_disk=True).unsaved.keys() == {"hdmi", "wifi"}


def test_bed_light_waits_by_the_waiter(tree: SimTree, clock: VirtualClock) -> None:
    """A link that is kept alive is served through the nap; the bed only makes it cheaper."""
    waited: list[float] = []
    found = bed("rpi-zero-2w", tree, clock)

    def wait(duration_s: float) -> float:
        waited.append(duration_s)
        clock.advance(duration_s / 2)
        return duration_s / 2

    assert found.nap(Nap(duration_s=30.0, state="light", reason=""), wait) == 15.0
    assert found.nap(Nap(duration_s=8.0, state="idle", reason=""), wait) == 4.0
    assert waited == [30.0, 8.0]


def test_find_controller_opens_the_one_that_is_named(clock: VirtualClock) -> None:
    """Each at its address on the header's bus."""
    opened: list[tuple[int, int]] = []

    def open_chip(bus: int, address: int) -> SimWittyPi4 | SimPiJuice:
        opened.append((bus, address))
        return SimWittyPi4(clock) if address == 0x08 else SimPiJuice(clock)

    assert isinstance(find_controller(WITTY, clock, bus=1, open_chip=open_chip), WittyPi4)
    assert isinstance(find_controller(Bedding(controller="pijuice"), clock, bus=7, open_chip=open_chip), PiJuice)
    timer = find_controller(Bedding(controller="timer", timer_s=60.0), clock, bus=1, open_chip=open_chip)
    assert isinstance(timer, FixedTimer)
    assert find_controller(Bedding(), clock, bus=1, open_chip=open_chip) is None
    assert opened == [(1, 0x08), (7, 0x14)]


def test_find_controller_where_there_is_no_bus_says_so(clock: VirtualClock) -> None:
    """A bus that is switched off is the operator's to switch on."""
    with pytest.raises(HardwareError, match="/dev/i2c-99"):
        find_controller(WITTY, clock, bus=99)


def test_virtual_bed_takes_the_time_that_the_board_takes(clock: VirtualClock) -> None:
    """A nap and a halt both end at the deadline that they were planned for."""
    board, sleeper = boards.load_board("rpi-5"), VirtualSleeper(clock)
    found = VirtualBed(board, clock, sleeper)
    conditions = found.conditions(memory_is_on_disk=True)
    light = plan(600.0, board.states, conditions, deepest="light")
    assert found.nap(light, sleeper.sleep) == pytest.approx(600.0)
    halt = plan(600.0, board.states, conditions)
    assert halt.state == "halt"
    saved: list[float] = []
    found.halt(halt, [lambda: saved.append(clock.monotonic_s())])
    assert saved == [600.0]
    assert clock.monotonic_s() == pytest.approx(1200.0)
