"""Suspend through /sys/power, on a kernel that sleeps in virtual time."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from boards.sim.kernel import SimTree
from boards.sleeping.rtc import Rtc
from boards.sleeping.suspend import STATE, VARIANT, Suspend
from node.errors import HardwareError

if TYPE_CHECKING:
    from pathlib import Path

    from boards.sim.clock import VirtualClock

WAKEALARM = "sys/class/rtc/rtc0/wakealarm"


def jetson(tree: SimTree) -> None:
    """Make it a machine that can suspend, with `s2idle` chosen."""
    tree.fit_rtc()
    tree.fit({STATE: "freeze mem disk", VARIANT: "[s2idle] deep"})


def test_sleep_suspends_until_the_alarm(tree: SimTree, clock: VirtualClock) -> None:
    """The machine is away for the time that was asked for, to the second, and never longer."""
    jetson(tree)
    assert Suspend(tree, Rtc(tree), clock).sleep(600.0) == pytest.approx(600.0, abs=1.0)
    assert clock.monotonic_s() <= 600.0


def test_sleep_woken_early_leaves_no_alarm_behind(tree: SimTree, clock: VirtualClock) -> None:
    """A button ends it; an alarm that stayed would end the next sleep, or boot a machine that was switched off."""
    jetson(tree)
    tree.woken_early_s = 5.0
    assert Suspend(tree, Rtc(tree), clock).sleep(600.0) == 5.0
    assert tree.read(WAKEALARM) == ""


def test_sleep_in_a_variant_puts_the_old_one_back(tree: SimTree, clock: VirtualClock) -> None:
    """Deep for this nap; what the operator chose stays chosen."""
    jetson(tree)
    Suspend(tree, Rtc(tree), clock, variant="deep").sleep(60.0)
    assert (VARIANT, "deep") in tree.written
    assert tree.read(VARIANT) == "[s2idle] deep"
    assert tree.written.index((VARIANT, "deep")) < tree.written.index((STATE, "mem"))


def test_sleep_with_a_wakeup_pending_is_an_error_that_leaves_nothing_changed(
    tree: SimTree, clock: VirtualClock
) -> None:
    """EBUSY: the alarm is taken back and the variant restored."""
    jetson(tree)
    tree.wakeup_pending = True
    with pytest.raises(HardwareError, match="busy"):
        Suspend(tree, Rtc(tree), clock, variant="deep").sleep(60.0)
    assert tree.read(WAKEALARM) == ""
    assert tree.read(VARIANT) == "[s2idle] deep"


@pytest.mark.parametrize("state", [None, "", "freeze"])
def test_refusal_of_a_kernel_that_cannot_suspend(tree: SimTree, clock: VirtualClock, state: str | None) -> None:
    """A Pi's kernel has no state file, or an empty one; both are a normal answer."""
    tree.fit_rtc()
    if state is not None:
        tree.fit({STATE: state})
    assert "cannot suspend that way" in Suspend(tree, Rtc(tree), clock).refusal()


def test_refusal_of_an_unknown_variant_or_without_an_alarm(tree: SimTree, clock: VirtualClock) -> None:
    """Nothing is suspended that cannot be, or that nothing would wake."""
    jetson(tree)
    assert "lists no standby" in Suspend(tree, Rtc(tree), clock, variant="standby").refusal()
    assert "rtc7" in Suspend(tree, Rtc(tree, "rtc7"), clock).refusal()
    assert Suspend(tree, Rtc(tree), clock, variant="deep").refusal() == ""


class StuckTree(SimTree):
    """A kernel whose RTC fails once the machine has slept."""

    def _wakealarm(self, path: str, text: str) -> str:
        if self._clock.monotonic_s() > 0.0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super()._wakealarm(path, text)


def test_suspend_whose_alarm_cannot_be_taken_back_was_slept_all_the_same(tmp_path: Path, clock: VirtualClock) -> None:
    """Ten minutes that nobody books would be joules without a name."""
    tree = StuckTree(tmp_path, clock)
    tree.fit_rtc()
    tree.fit({"sys/power/state": "freeze mem"})
    assert Suspend(tree, Rtc(tree), clock).sleep(600.0) == pytest.approx(600.0)
