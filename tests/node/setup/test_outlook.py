"""What `check` prints of a sound configuration."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from boards import open_ports
from node.config import load_strictly
from node.hal import Conditions
from node.setup.outlook import planned
from tests.node.sleep.test_rest import LumpyBed

if TYPE_CHECKING:
    from pathlib import Path

    from node.hal import Bed, Bedding

STATION = """
[node]
site = "orchard"
name = "well"
board = "rpi-zero-2w"
battery_wh = 20.0
[sense.air]
part = "signal"
channel = "temperature"
[transmit]
interval_s = 3600.0
[sleep]
period_s = 600.0
deepest = "off"
controller = "wittypi4"
"""


def told(folder: Path, text: str) -> str:
    """Plan a configuration on a board that is not this machine."""
    (folder / "node.toml").write_text(text)
    config = load_strictly(folder / "node.toml")
    return planned(config, open_ports(config.node.board, clock="virtual"), {})


def days(text: str, line: str) -> list[float]:
    """Return the numbers of days in a line."""
    (found,) = (each for each in text.splitlines() if each.startswith(f"  {line}"))
    return [float(number) for number in re.findall(r"([0-9.]+) days", found)]


def test_planned_station_that_is_cut_off_lasts_longer_than_one_that_waits(tmp_path: Path) -> None:
    """A day is planned as deep as the node may sleep, and says in what state."""
    off, light = told(tmp_path, STATION), told(tmp_path, STATION.replace('"off"', '"light"'))
    assert "sleeps in      off" in off
    assert "sleeps in      light" in light
    assert days(off, "battery")[0] > 10.0 * days(light, "battery")[0]


def test_planned_energy_says_what_the_battery_bends_and_how_long_it_lasts(tmp_path: Path) -> None:
    """The limits, a full battery at both ends of them, and what a poor day's sun is worth."""
    dim = told(tmp_path, STATION + "[energy]\npanel_w = 0.5\n")
    assert "a sample every 600 to 3,600 s, a transmission every 3,600 to 36,000 s" in dim
    fast, slow = days(dim, "without sun")
    assert fast == days(dim, "battery")[0] < slow
    assert days(dim, "on poor days")[0] > fast
    assert "for ever at the slowest" in dim
    assert "poor days" not in told(tmp_path, STATION + "[energy]\n")
    assert "between" not in told(tmp_path, STATION)


class Desk(LumpyBed):
    """A machine that has nothing of what the board in the field will have."""

    def conditions(self, *, memory_is_on_disk: bool) -> Conditions:
        """Tell that light sleep ends, and no more."""
        return Conditions(wakers={"timer": 3600.0}, memory_is_on_disk=memory_is_on_disk)


def at_a_desk(folder: Path, text: str) -> str:
    """Plan a configuration where the board is not."""
    (folder / "node.toml").write_text(text)
    config = load_strictly(folder / "node.toml")
    ports = open_ports(config.node.board, clock="virtual")

    def open_bed(bedding: Bedding) -> Bed:
        assert ports.open_bed
        return Desk(ports.open_bed(bedding), set())

    return planned(config, replace(ports, open_bed=open_bed), {})


def test_planned_at_a_desk_says_how_it_will_be_in_the_field(tmp_path: Path) -> None:
    """The plan of this machine, and beside it that of one with controller and alarm: as many days as planned there."""
    text = at_a_desk(tmp_path, STATION)
    assert "sleeps in      light" in text
    assert "once fitted    sleeps in off: " in text
    assert days(text, "once fitted") == days(told(tmp_path, STATION), "battery")
    assert "once fitted" not in told(tmp_path, STATION), "what is here need not be promised"
    sunny = STATION + "[energy]\npanel_w = 0.5\n"
    assert days(at_a_desk(tmp_path, sunny), "without sun") == days(told(tmp_path, sunny), "without sun")


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('controller = "wittypi4"', ""),
        ('controller = "wittypi4"', 'controller = "timer"\ntimer_s = 15.0'),
        ('deepest = "off"', 'deepest = "light"'),
    ],
)
def test_planned_at_a_desk_promises_nothing_that_the_file_does_not_ask_for(
    tmp_path: Path, was: str, becomes: str
) -> None:
    """No controller, one whose period is over before a boot, or leave to go no deeper: it is light sleep there too."""
    assert "once fitted" not in at_a_desk(tmp_path, STATION.replace(was, becomes))
