"""The kernel's RTC as an alarm clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from boards.sim.kernel import SimTree
from boards.sleeping.rtc import Rtc
from boards.sleeping.tree import Tree
from node.errors import HardwareError

if TYPE_CHECKING:
    from pathlib import Path

    from boards.sim.clock import VirtualClock

WAKEALARM = "sys/class/rtc/rtc0/wakealarm"


class DeafTree(SimTree):
    """A kernel whose RTC takes no alarm beyond a minute, and does not say so: some cannot go 24 h ahead."""

    def _wakealarm(self, path: str, text: str) -> str:
        at = super()._wakealarm(path, text)
        return str(min(int(at), self._clock.wall_ms() // 1000 + 60)) if at else at


def test_arm_sets_the_alarm_by_the_clock_of_the_rtc(tree: SimTree, clock: VirtualClock) -> None:
    """It rings at the last whole second that is not late."""
    tree.fit_rtc()
    clock.advance(0.7)
    Rtc(tree).arm(60.5)
    assert int(tree.read(WAKEALARM)) == clock.wall_ms() // 1000 + 60
    assert int(tree.read(WAKEALARM)) * 1000 <= clock.wall_ms() + 60_500


def test_arm_over_an_armed_alarm_clears_it_first(tree: SimTree, clock: VirtualClock) -> None:
    """A second write would be EBUSY."""
    tree.fit_rtc()
    tree.fit({WAKEALARM: str(clock.wall_ms() // 1000 + 5)})
    with pytest.raises(HardwareError, match="busy"):
        tree.write(WAKEALARM, "+60")
    Rtc(tree).arm(60.0)
    assert int(tree.read(WAKEALARM)) == clock.wall_ms() // 1000 + 60


def test_arm_lets_the_rtc_wake_the_machine(tree: SimTree) -> None:
    """An RTC that may not wake is given leave; a board without the switch needs none."""
    tree.fit_rtc()
    switch = "sys/class/rtc/rtc0/device/power/wakeup"
    Rtc(tree).arm(60.0)
    assert tree.read(switch) == "enabled"
    (tree.root / switch).unlink()
    Rtc(tree).arm(60.0)
    assert not tree.has(switch)


def test_arm_that_does_not_read_back_is_an_error_and_disarms(tmp_path: Path, clock: VirtualClock) -> None:
    """An alarm that is not what was asked for is none."""
    tree = DeafTree(tmp_path, clock)
    tree.fit_rtc()
    with pytest.raises(HardwareError, match="was written, and"):
        Rtc(tree).arm(3600.0)
    assert tree.read(WAKEALARM) == ""


def test_arm_of_a_moment_is_refused(tree: SimTree) -> None:
    """The RTC counts whole seconds: one of them could be over before the machine sleeps."""
    tree.fit_rtc()
    with pytest.raises(HardwareError, match="too few"):
        Rtc(tree).arm(1.5)


def test_refusal_without_an_rtc_says_so(tree: SimTree) -> None:
    """A Pi 4 has none."""
    assert "is not there" in Rtc(tree).refusal()
    tree.fit_rtc()
    assert Rtc(tree).refusal() == ""


def test_tree_write_without_the_right_says_what_is_missing(tmp_path: Path) -> None:
    """A file that is not there is an error of the machine, and is not made."""
    with pytest.raises(HardwareError, match=r"/sys/power/state: No such file .* at 'mem'"):
        Tree(tmp_path).write("sys/power/state", "mem")
    assert not (tmp_path / "sys").exists()


@pytest.mark.parametrize("text", ["", "garbage", "-1"])
def test_rtc_whose_clock_is_no_number_is_refused(tree: SimTree, text: str) -> None:
    """An empty file is what a driver in trouble leaves; it ends no node, it is a state that cannot be entered."""
    tree.fit_rtc()
    (tree.root / "sys/class/rtc/rtc0/device/power/wakeup").unlink()
    (tree.root / "sys/class/rtc/rtc0/since_epoch").write_text(text)
    rtc = Rtc(Tree(tree.root))
    assert "since_epoch: expected a whole number" in rtc.refusal()
    with pytest.raises(HardwareError, match="since_epoch: expected a whole number"):
        rtc.arm(60.0)
