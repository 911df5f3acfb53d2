"""What the doctor finds of energy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from boards import open_ports
from node.config import load
from node.errors import HardwareError
from node.hal import Accelerator, GaugeReading, Metering, Ports
from node.setup.household import findings
from tests.node.sleep.test_ledger import Bench
from tests.node.test_app import NODE

if TYPE_CHECKING:
    from pathlib import Path

    from node.hal import Bed, Bedding
    from node.setup.doctor import Finding

DEEP = '\ndeepest = "off"\n'


def found(folder: Path, ports: Ports, more: str = "", node: str = NODE) -> dict[str, Finding]:
    """Look at a machine."""
    (folder / "node.toml").write_text(node + more)
    return {each.what: each for each in findings(load(folder / "node.toml")[0], ports)}


class Cells:
    """A gauge that says what it was given."""

    def __init__(self, reading: GaugeReading | None) -> None:
        self._reading = reading

    def read(self) -> GaugeReading | None:
        """Say it."""
        return self._reading


def test_household_of_a_machine_with_everything_shows_it(tmp_path: Path) -> None:
    """Who measures and how well, the charge, what the radio takes, and from what gap on each state pays."""
    ports = replace(
        open_ports("rpi-zero-2w", clock="virtual"),
        open_meter=lambda _: Metering(name="hwmon_ina", meter=Bench(), silent={"rapl": "no such folder"}),
        open_gauge=lambda _: Cells(GaugeReading(share=0.74, cell_mv=3912.0)),
    )
    told = {what: (each.mark, each.told) for what, each in found(tmp_path, ports, DEEP).items()}
    assert told["meter"] == ("ok", "hwmon_ina counts the input (measured); not here: rapl")
    assert told["battery"] == ("ok", "74%, 3912 mV a cell")
    assert told["radio"][0] == "ok"
    assert "wlan0: 2000 mJ and 5 s to join" in told["radio"][1]
    assert "(estimate)" in told["radio"][1]
    assert [what for what in told if what.startswith("sleep")] == ["sleep light", "sleep halt", "sleep off"]
    assert "pays from" in told["sleep off"][1]


class Sun:
    """A panel's meter."""

    def __init__(self, sees_mw: float | None) -> None:
        self._sees_mw = sees_mw

    def power_mw(self) -> float:
        """See, or fail."""
        if self._sees_mw is None:
            raise HardwareError("hwmon_ina: no answer")
        return self._sees_mw


@pytest.mark.parametrize(("sees_mw", "told"), [(412.0, "ok: sees 412 mW"), (None, "warn: is silent: hwmon_ina: no")])
def test_household_shows_what_the_panels_meter_sees(tmp_path: Path, sees_mw: float | None, told: str) -> None:
    """Now, so that a person can hold a hand over the panel; or why it sees nothing."""
    ports = replace(open_ports("rpi-zero-2w", clock="virtual"), open_panel=lambda _: Sun(sees_mw))
    fitted = DEEP + '[energy]\n[harvest]\npart = "hwmon_ina"\ndevice = "1-0041"\n'
    finding = found(tmp_path, ports, fitted, NODE.replace("[node]", "[node]\nbattery_wh = 10.0"))["harvest"]
    assert f"{finding.mark}: {finding.told.removeprefix('hwmon_ina ')}".startswith(told)


def test_household_of_a_bare_machine_says_what_is_missing(tmp_path: Path) -> None:
    """Nobody measures, nobody knows the battery, nothing deep can be entered: each with its reason."""
    board = open_ports("rpi-5", clock="virtual")
    told = found(tmp_path, Ports(board=board.board, clock=board.clock, sleeper=board.sleeper), DEEP)
    assert "none: joules are the board's figures" in told["meter"].told
    assert "no gauge" in told["battery"].told
    assert told["radio"].mark == "warn"
    assert "nothing here ends it at a set time" in told["sleep halt"].told


def test_household_whose_chosen_meter_is_silent_warns(tmp_path: Path) -> None:
    """What the operator fitted does not answer: that is the first thing to know, before who counts instead."""
    ports = replace(
        open_ports("sim", clock="virtual"),
        open_meter=lambda _: Metering(name="model", meter=Bench(quality="estimate"), silent={"wittypi4": "no answer"}),
    )
    meter = found(tmp_path, ports, '[meter]\npart = "wittypi4"\n')["meter"]
    assert (meter.mark, meter.told) == ("warn", "wittypi4 is silent: no answer; model counts the input (estimate)")
    nobody = replace(ports, open_meter=lambda _: Metering(silent={"rapl": "no such folder"}))
    assert found(tmp_path, nobody)["meter"].told.endswith("board's figures; rapl: no such folder")


@pytest.mark.parametrize("deepest", ["light", "off"])
def test_household_says_why_a_state_is_not_entered(tmp_path: Path, deepest: str) -> None:
    """What the operator allowed decides, and is named."""
    told = found(tmp_path, open_ports("rpi-zero-2w", clock="virtual"), f'\ndeepest = "{deepest}"\n')
    kept_out = {what for what, each in told.items() if "deeper than light" in each.told}
    assert kept_out == ({"sleep halt", "sleep off"} if deepest == "light" else set())


@pytest.mark.parametrize(("controller", "mark"), [("none", "ok"), ("wittypi4", "warn")])
def test_household_warns_of_a_controller_that_is_named_and_does_not_work(
    tmp_path: Path, controller: str, mark: str
) -> None:
    """Without one, a state that nobody ends is a fact; with one, it is what the operator counts on."""
    told = found(
        tmp_path,
        replace(open_ports("rpi-zero-2w", clock="virtual"), open_bed=None),
        f'{DEEP}controller = "{controller}"\n',
    )
    assert told["sleep off"].mark == mark
    assert told["sleep halt"].mark == "ok"


def test_household_without_its_controller_goes_on(tmp_path: Path) -> None:
    """A bus that is not there fails the bed, and not the rest of the list."""

    def open_bed(_: Bedding) -> Bed:
        raise HardwareError("/dev/i2c-1: No such file or directory")

    told = found(tmp_path, replace(open_ports("rpi-zero-2w", clock="virtual"), open_bed=open_bed))
    assert (told["sleep"].mark, told["sleep"].told) == ("FAIL", "/dev/i2c-1: No such file or directory")
    assert "sleep light" in told


@pytest.mark.parametrize(
    ("more", "told"), [("", "lives at its slowest"), ("counted_from = 0.8\n", "counted from 80% on")]
)
def test_household_without_a_gauge_warns_who_lives_by_the_battery(tmp_path: Path, more: str, told: str) -> None:
    """A node that must know its charge and cannot is slow for ever, and nobody would know why."""
    bare = open_ports("rpi-zero-2w", clock="virtual")
    (tmp_path / "node.toml").write_text(NODE.replace("[sense", "battery_wh = 5.0\n[sense") + "[energy]\n" + more)
    battery = {each.what: each for each in findings(load(tmp_path / "node.toml")[0], bare)}["battery"]
    assert battery.mark == "warn"
    assert told in battery.told


def test_household_of_a_machine_with_an_accelerator_says_what_it_draws(tmp_path: Path) -> None:
    """A stick that stays warm for good is joules that no stage explains; a machine without one says nothing of it."""
    stick = Accelerator(
        name="Coral USB Accelerator",
        busy_mw=2500.0,
        rest_mw=950.0,
        quality="estimate",
        runtime="libedgetpu",
        notes="Hot.",
    )
    ports = open_ports("rpi-5", clock="virtual")
    told = found(tmp_path, replace(ports, find_accelerators=lambda: [stick]))["accelerator"].told
    expected = "Coral USB Accelerator: 2500 mW while it infers, 950 at rest (estimate); driven by libedgetpu. Hot."
    assert told == expected
    assert "accelerator" not in found(tmp_path, ports)
