"""The order in which a machine goes down."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from boards.sim.controllers import SimPiJuice
from boards.sleeping.halt import Halt
from boards.sleeping.pijuice import CONTROL, NEVER, POWER_OFF, PiJuice
from boards.sleeping.rtc import Rtc
from node.errors import HardwareError

if TYPE_CHECKING:
    from boards.sim.clock import VirtualClock
    from boards.sim.kernel import SimTree

WAKEALARM = "sys/class/rtc/rtc0/wakealarm"


class Diary:
    """Writes down what happens, and what the alarm said at that time."""

    def __init__(self, tree: SimTree) -> None:
        self._tree = tree
        self.lines: list[tuple[str, bool]] = []

    def note(self, what: str) -> None:
        """Add a line."""
        self.lines.append((what, bool(self._tree.has(WAKEALARM) and self._tree.read(WAKEALARM))))


def test_halt_saves_then_syncs_then_arms_then_goes_down(tree: SimTree, clock: VirtualClock) -> None:
    """State to the file, file to the disk, the alarm last, read back, and only then the order."""
    tree.fit_rtc()
    diary = Diary(tree)
    halt = Halt(Rtc(tree), clock, order=lambda: diary.note("order"), sync=lambda: diary.note("sync"))
    halt.halt(600.0, [lambda: diary.note("outbox"), lambda: diary.note("ledger")])
    assert diary.lines == [("outbox", False), ("ledger", False), ("sync", False), ("order", True)]
    assert int(tree.read(WAKEALARM)) == clock.wall_ms() // 1000 + 600


def test_halt_counts_the_time_that_the_hooks_took(tree: SimTree, clock: VirtualClock) -> None:
    """A goodbye of 20 s does not make the next wake 20 s late."""
    tree.fit_rtc()
    due_s = clock.wall_ms() // 1000 + 600
    Halt(Rtc(tree), clock, order=lambda: None, sync=lambda: None).halt(600.0, [lambda: clock.advance(20.0)])
    assert int(tree.read(WAKEALARM)) == due_s


def test_halt_with_a_hook_that_fails_stays_up(tree: SimTree, clock: VirtualClock) -> None:
    """What could not be saved is not given up: no sync, no alarm, no order."""
    tree.fit_rtc()
    diary = Diary(tree)

    def full() -> None:
        raise HardwareError("no space left on device")

    with pytest.raises(HardwareError, match="no space"):
        Halt(Rtc(tree), clock, order=lambda: diary.note("order"), sync=lambda: diary.note("sync")).halt(600.0, [full])
    assert diary.lines == []
    assert tree.written == []


def test_halt_without_an_alarm_stays_up(tree: SimTree, clock: VirtualClock) -> None:
    """A machine that nothing would wake is not halted."""
    diary = Diary(tree)
    halt = Halt(Rtc(tree), clock, order=lambda: diary.note("order"), sync=lambda: None)
    assert "is not there" in halt.refusal()
    with pytest.raises(HardwareError):
        halt.halt(600.0, [])
    assert diary.lines == []


def test_halt_whose_hooks_took_too_long_stays_up(tree: SimTree, clock: VirtualClock) -> None:
    """An alarm in the past would never ring."""
    tree.fit_rtc()
    diary = Diary(tree)
    halt = Halt(Rtc(tree), clock, order=lambda: diary.note("order"), sync=lambda: None)
    with pytest.raises(HardwareError, match="too few"):
        halt.halt(30.0, [lambda: clock.advance(40.0)])
    assert diary.lines == []


def test_halt_that_is_refused_takes_the_alarm_back(tree: SimTree, clock: VirtualClock) -> None:
    """Who may not power off stays up, and is not rebooted by a forgotten alarm."""
    tree.fit_rtc()

    def refuse() -> None:
        raise HardwareError("systemctl poweroff: interactive authentication required")

    with pytest.raises(HardwareError, match="authentication"):
        Halt(Rtc(tree), clock, order=refuse, sync=lambda: None).halt(600.0, [])
    assert tree.read(WAKEALARM) == ""


class LooseChip(SimPiJuice):
    """A PiJuice that takes the order to cut the power, and whose answer to that is lost on the bus."""

    def write(self, register: int, data: bytes) -> None:
        """Take it; the countdown is acknowledged badly."""
        super().write(register, data)
        if register == POWER_OFF and data[0] != NEVER:
            raise OSError(errno.EREMOTEIO, "Remote I/O error")


def test_halt_whose_alarm_was_taken_by_half_takes_it_back(clock: VirtualClock) -> None:
    """The countdown runs although its order looked refused: power that is cut off a machine that stays up."""
    chip = LooseChip(clock)
    ordered: list[str] = []
    with pytest.raises(HardwareError, match="Remote I/O error"):
        Halt(PiJuice(chip), clock, order=lambda: ordered.append("order"), sync=lambda: None).halt(600.0, [])
    assert chip.order[-3:] == [POWER_OFF, POWER_OFF, CONTROL]
    assert (ordered, chip.cuts_in_s) == ([], None)
