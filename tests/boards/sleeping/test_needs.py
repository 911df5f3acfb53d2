"""What a state requires, looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from boards.sleeping.needs import Needs, run_program
from node.errors import HardwareError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boards.sim.kernel import SimTree

TOLD = {
    "vcgencmd bootloader_config": "[all]\nBOOT_UART=1\nPOWER_OFF_ON_HALT=1\n",
    "vcgencmd bootloader_version": "2025/07/17 16:30:35\nversion 7acb4be5 (release)\n",
    "nvpmodel -q": "NV Power Mode: 15W\n0\n",
}


class Vendor:
    """A vendor's programs: each says what it is given, and may be asked once only."""

    def __init__(self, told: dict[str, str]) -> None:
        self._told = dict(told)

    def __call__(self, argv: Sequence[str]) -> str:
        """Print."""
        try:
            return self._told.pop(" ".join(argv))
        except KeyError:
            raise HardwareError(f"{argv[0]}: no such program") from None


@pytest.mark.parametrize(
    ("need", "holds"),
    [
        ("eeprom:POWER_OFF_ON_HALT=1", True),
        ("eeprom:WAKE_ON_GPIO=0", False),
        ("nvpmodel:15W", True),
        ("nvpmodel:5W", False),
        ("path:/sys/class/rtc/rtc0/wakealarm", True),
        ("path:/sys/class/rtc/rtc1/wakealarm", False),
        ("state:mem", True),
        ("state:disk", False),
        ("mem_sleep:deep", True),
        ("boot:dtoverlay=gpio-poweroff", True),
        ("boot:dtoverlay=disable-bt", False),
        ("controller:any", True),
        ("controller:wittypi4", True),
        ("controller:pijuice", False),
        ("moonlight:full", False),
    ],
)
def test_holding_looks_where_the_need_points(tree: SimTree, need: str, holds: bool) -> None:
    """Each kind of need has its place, and an unknown one never holds."""
    tree.fit_rtc()
    tree.fit({"sys/power/state": "freeze mem", "sys/power/mem_sleep": "s2idle [deep]"})
    tree.fit({"boot/firmware/config.txt": "arm_64bit=1\ndtoverlay=gpio-poweroff"})
    assert Needs(tree, Vendor(TOLD), "wittypi4").holding([need]) == ({need} if holds else set())


def test_holding_where_nobody_answers_holds_nothing(tree: SimTree) -> None:
    """A machine without the vendor's programs halts with its defaults, for all that is known."""
    needs = ["eeprom:POWER_OFF_ON_HALT=1", "nvpmodel:15W", "controller:any", "boot:x=1"]
    assert Needs(tree, Vendor({})).holding(needs) == frozenset()


def test_holding_asks_a_program_once(tree: SimTree) -> None:
    """A wake every minute does not start `vcgencmd` every minute."""
    needs = Needs(tree, Vendor(TOLD))
    assert [len(needs.holding(["eeprom:POWER_OFF_ON_HALT=1"])) for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("version", "wakes"),
    [("2025/06/29 10:00:00", True), ("2025/06/28 10:00:00", False), ("2026-01-16", True), ("unknown", False)],
)
def test_wakes_without_standby_goes_by_the_date_of_the_bootloader(tree: SimTree, version: str, wakes: bool) -> None:
    """Older ones cannot be woken by the RTC unless they powered off."""
    needs = Needs(tree, Vendor({"vcgencmd bootloader_version": version}))
    assert needs.wakes_without_standby() is wakes


def test_run_program_returns_what_it_prints_or_says_what_failed() -> None:
    """Absent, failing: an error of the machine."""
    assert run_program(["echo", "POWER_OFF_ON_HALT=1"]) == "POWER_OFF_ON_HALT=1\n"
    with pytest.raises(HardwareError, match="no-such-program-here"):
        run_program(["no-such-program-here"])
    with pytest.raises(HardwareError, match="false"):
        run_program(["false"])
