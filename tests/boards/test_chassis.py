"""The lamp and the reset of a Linux board, on a tree of files that stands in for the kernel's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from boards import FOLDER, board_ids, check_board, open_ports
from boards.chassis import LinuxChassis
from boards.sleeping.tree import Tree
from node.errors import HardwareError

if TYPE_CHECKING:
    from pathlib import Path


class Lamp(Tree):
    """A kernel's lamp: the trigger that is chosen stands in brackets, and `timer` brings files of its own."""

    def __init__(self, root: Path, *, name: str = "ACT", has_timer: bool = True) -> None:
        super().__init__(root)
        self.folder = root / "sys/class/leds" / name
        self.folder.mkdir(parents=True)
        self.triggers = ("none", "mmc0", *(["timer"] if has_timer else []))
        self._show("mmc0")
        (self.folder / "brightness").write_text("0")
        (self.folder / "max_brightness").write_text("255")
        (root / "proc/sys/kernel/random").mkdir(parents=True)
        (root / "proc/sys/kernel/random/boot_id").write_text("7c3e\n")

    def _show(self, chosen: str) -> None:
        words = [f"[{each}]" if each == chosen else each for each in self.triggers]
        (self.folder / "trigger").write_text(" ".join(words) + "\n")

    def _put(self, path: str, text: str) -> None:
        if not path.endswith("/trigger"):
            (self.root / path).write_text(text)
            return
        if text not in self.triggers:
            raise OSError(22, "Invalid argument")
        self._show(text)
        for half in ("delay_on", "delay_off"):
            file = self.folder / half
            file.write_text("500") if text == "timer" else file.unlink(missing_ok=True)

    def shows(self, file: str) -> str:
        """Return what stands in a file of the lamp."""
        return (self.folder / file).read_text().strip()


def test_blink_lets_the_kernel_blink_and_puts_the_lamp_back(tmp_path: Path) -> None:
    """Whatever the lamp told before, it tells again."""
    lamp = Lamp(tmp_path)
    chassis = LinuxChassis(("led7", "ACT"), lamp)
    assert chassis.blink() == "ACT"
    assert (lamp.shows("trigger"), lamp.shows("delay_on")) == ("none mmc0 [timer]", "200")
    chassis.blink()
    chassis.rest()
    assert lamp.shows("trigger") == "none [mmc0] timer"
    chassis.rest()


def test_blink_without_the_trigger_lights_the_lamp(tmp_path: Path) -> None:
    """A kernel without `timer` still shows where the board is."""
    lamp = Lamp(tmp_path, has_timer=False)
    chassis = LinuxChassis(("ACT",), lamp)
    chassis.blink()
    assert (lamp.shows("trigger"), lamp.shows("brightness")) == ("[none] mmc0", "255")
    chassis.rest()
    assert lamp.shows("trigger") == "none [mmc0]"


def test_blink_without_a_lamp_says_so(tmp_path: Path) -> None:
    """Neither an unknown lamp nor none at all is switched."""
    for leds, said in ((("PWR",), "none of PWR under"), ((), "names none")):
        with pytest.raises(HardwareError, match=said):
            LinuxChassis(leds, Tree(tmp_path)).blink()


def test_reboot_is_ordered_once_and_the_boot_has_a_name(tmp_path: Path) -> None:
    """The order goes to whoever restarts; the boot is told by the kernel's own word, or not at all."""
    ordered: list[str] = []
    chassis = LinuxChassis((), Lamp(tmp_path), restart=lambda: ordered.append("reboot"))
    chassis.reboot()
    assert (ordered, chassis.boot_id()) == (["reboot"], "7c3e")
    assert LinuxChassis((), Tree(tmp_path / "bare")).boot_id() == ""


def test_chassis_of_a_laptop_that_plays_a_board_is_none() -> None:
    """A simulation must not restart the machine that it runs on."""
    assert open_ports("sim").open_chassis is None
    assert open_ports("generic").open_chassis is not None


def test_lamps_of_the_boards_are_cited() -> None:
    """A board that names a lamp says where that stands."""
    lamps = {each: check_board(each).fittings.lamp for each in board_ids(FOLDER)}
    assert {each for each, lamp in lamps.items() if lamp} >= {"rpi-zero-2w", "rpi-5", "beaglebone-black"}
