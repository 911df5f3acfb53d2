"""Wi-Fi power save: set, asked back, and put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from boards.sleeping.needs import run_program
from boards.sleeping.power_save import PowerSave
from node.errors import HardwareError
from tests.boards.sleeping.iw import Iw

if TYPE_CHECKING:
    from boards.sim.kernel import SimTree


def test_power_save_touches_only_what_has_it_off(tree: SimTree) -> None:
    """An interface whose operator has it on keeps it on; the other is put back."""
    iw = Iw(tree, wlan0="on", wlan1="off")
    saver = PowerSave(tree, iw)
    saver.on()
    assert iw.modes == {"wlan0": "on", "wlan1": "on"}
    saver.back()
    assert iw.modes == {"wlan0": "on", "wlan1": "off"}
    assert [each for each in iw.argvs if "wlan0 set" in each] == []


def test_power_save_that_a_driver_only_seems_to_take_is_refused(tree: SimTree) -> None:
    """The word of `iw` is not the driver's: what reads otherwise is an error, and nothing is left to put back."""
    iw = Iw(tree, wlan0="off")
    iw.deaf = True
    saver = PowerSave(tree, iw)
    with pytest.raises(HardwareError, match="it reads otherwise"):
        saver.on()
    asked = len(iw.argvs)
    saver.back()
    assert len(iw.argvs) == asked


def test_power_save_without_the_right_says_so_each_time(tree: SimTree) -> None:
    """A refusal is not taken for done at the next nap."""
    iw = Iw(tree, wlan0="off")
    iw.refuses = "on"
    saver = PowerSave(tree, iw)
    for _ in range(2):
        with pytest.raises(HardwareError, match="not permitted"):
            saver.on()
        saver.back()
    assert iw.modes == {"wlan0": "off"}


def test_power_save_of_an_answer_that_is_none_is_refused(tree: SimTree) -> None:
    """Another program's words are not guessed at."""
    Iw(tree, wlan0="off")
    with pytest.raises(HardwareError, match="neither on nor off"):
        PowerSave(tree, lambda _argv: "Usage: iw [options] command\n").on()


def test_power_save_without_iw_names_what_is_missing(tree: SimTree) -> None:
    """The real runner, and a program that nobody has; and one that fails says what it said."""
    Iw(tree, wlan0="off")
    with pytest.raises(HardwareError, match="no-such-iw is not installed"):
        PowerSave(tree, lambda argv: run_program(("no-such-iw", *argv[1:]))).on()
    with pytest.raises(HardwareError, match=r"sh -c .*: no such device$"):
        run_program(("sh", "-c", "echo no such device >&2; exit 237"))
