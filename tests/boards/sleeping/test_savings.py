"""Light sleep turns off what it may, and puts back what it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from boards.sim.clock import VirtualClock
from boards.sim.kernel import CPU, SimTree
from boards.sleeping.savings import SAVINGS, Light
from node.errors import HardwareError
from tests.boards.sleeping.iw import Iw

if TYPE_CHECKING:
    from pathlib import Path

RADIOS = {"0": "wlan", "1": "bluetooth"}
HDMI = "sys/class/drm/card0-HDMI-A-1/status"


class Stubborn(SimTree):
    """A kernel whose display driver takes `off` and leaves it on."""

    def _put(self, path: str, text: str) -> None:
        super()._put(path, "detect" if path == HDMI else text)


class OneCore(SimTree):
    """A kernel that keeps its second core."""

    def _put(self, path: str, text: str) -> None:
        super()._put(path, "1" if path == f"{CPU}/cpu1/online" else text)


def zero_2_w(tree: SimTree) -> dict[str, str]:
    """Make it a Pi with everything on, and return what its files say."""
    tree.fit_cores(4)
    for number, kind in RADIOS.items():
        tree.fit({f"sys/class/rfkill/rfkill{number}/{name}": each for name, each in (("type", kind), ("soft", "0"))})
    tree.fit({HDMI: "connected", "sys/bus/usb/devices/1-1/power/control": "on"})
    return content(tree)


def content(tree: SimTree) -> dict[str, str]:
    """Read everything."""
    return {path: tree.read(path) for path in tree.find("**/*") if (tree.root / path).is_file()}


def test_sleep_turns_everything_off_and_on_again(tree: SimTree) -> None:
    """While it waits, governor, cores, radios, HDMI and USB are off; afterwards all is as it was."""
    before, seen = zero_2_w(tree), {}
    light = Light(tree, tuple(SAVINGS))

    def wait(duration_s: float) -> float:
        seen.update(content(tree))
        return duration_s

    assert light.sleep(30.0, wait) == 30.0
    assert seen[f"{CPU}/cpufreq/policy0/scaling_governor"] == "powersave"
    assert [seen[f"{CPU}/cpu{core}/online"] for core in (1, 2, 3)] == ["0"] * 3
    assert [seen[f"sys/class/rfkill/rfkill{number}/soft"] for number in RADIOS] == ["1", "1"]
    assert seen[HDMI] == "disconnected"
    assert seen["sys/bus/usb/devices/1-1/power/control"] == "auto"
    assert content(tree) == before
    assert not light.refused


def test_sleep_touches_only_what_was_asked_for(tree: SimTree) -> None:
    """Wi-Fi off leaves Bluetooth alone."""
    zero_2_w(tree)
    Light(tree, ["wifi"]).sleep(1.0, lambda duration_s: duration_s)
    assert {path for path, _ in tree.written} == {"sys/class/rfkill/rfkill0/soft"}


def test_sleep_that_is_interrupted_restores(tree: SimTree) -> None:
    """Whatever ends the wait, the cores come back."""
    before = zero_2_w(tree)

    def wait(_duration_s: float) -> float:
        raise HardwareError("the link's socket is gone")

    with pytest.raises(HardwareError, match="socket"):
        Light(tree, tuple(SAVINGS)).sleep(30.0, wait)
    assert content(tree) == before


def test_sleep_where_a_saving_is_refused_goes_on_without(tmp_path: Path, clock: VirtualClock) -> None:
    """A file that does not read back is remembered with its reason, the rest is saved, and all is restored."""
    tree = Stubborn(tmp_path, clock)
    before = zero_2_w(tree)
    light = Light(tree, ["hdmi", "usb"])
    assert light.sleep(5.0, lambda duration_s: duration_s) == 5.0
    assert set(light.refused) == {"hdmi"}
    assert f"/{HDMI}: 'off' was written" in light.refused["hdmi"]
    assert light.needs == {"saving:usb"}
    assert ("sys/bus/usb/devices/1-1/power/control", "auto") in tree.written
    assert content(tree) == before


def test_sleep_leaves_alone_what_was_off_already(tree: SimTree) -> None:
    """A radio that the operator blocked stays blocked after the nap."""
    zero_2_w(tree)
    tree.fit({"sys/class/rfkill/rfkill0/soft": "1"})
    Light(tree, ["wifi"]).sleep(1.0, lambda duration_s: duration_s)
    assert tree.written == []
    assert tree.read("sys/class/rfkill/rfkill0/soft") == "1"


def test_sleep_on_a_bare_machine_just_waits_and_says_so(tree: SimTree) -> None:
    """A virtual machine has none of these files: nothing was saved, and each saving says why."""
    light = Light(tree, tuple(SAVINGS))
    assert light.needs == {f"saving:{name}" for name in SAVINGS}
    assert light.sleep(2.0, lambda duration_s: duration_s) == 2.0
    assert tree.written == []
    assert light.refused.keys() == SAVINGS.keys()
    assert light.refused["wifi"] == "/sys/class/rfkill/rfkill*/soft: there is none of wlan type to turn off"
    assert not light.needs


def test_sleep_where_one_core_stays_saves_the_others_and_says_so(tmp_path: Path, clock: VirtualClock) -> None:
    """A file that takes its setting does not hide another of the same saving that did not."""
    tree = OneCore(tmp_path, clock)
    before = zero_2_w(tree)
    light, seen = Light(tree, ["cores"]), {}

    def wait(duration_s: float) -> float:
        seen.update(content(tree))
        return duration_s

    for _ in range(2):
        light.sleep(5.0, wait)
        assert [seen[f"{CPU}/cpu{core}/online"] for core in (1, 2, 3)] == ["1", "0", "0"]
        assert "cpu1/online" in light.refused["cores"]
    assert content(tree) == before


def test_sleep_with_power_save_turns_it_on_for_the_nap(tree: SimTree) -> None:
    """As every saving: on while it waits, off again afterwards, and on a machine without Wi-Fi a reason."""
    iw = Iw(tree, wlan0="off")
    light, seen = Light(tree, ["wifi_power_save"], iw), []

    def wait(duration_s: float) -> float:
        seen.append(dict(iw.modes))
        return duration_s

    assert light.sleep(30.0, wait) == 30.0
    assert (seen, iw.modes, light.refused) == ([{"wlan0": "on"}], {"wlan0": "off"}, {})
    bare = Light(SimTree(tree.root / "bare", VirtualClock()), ["wifi_power_save"], iw)
    assert bare.sleep(1.0, wait) == 1.0
    assert "no wireless interface" in bare.refused["wifi_power_save"]


def test_sleep_tries_again_to_put_power_save_back(tree: SimTree) -> None:
    """What could not be put back after one nap is put back after the next."""
    iw = Iw(tree, wlan0="off")
    light = Light(tree, ["wifi_power_save"], iw)

    def wait(duration_s: float) -> float:
        iw.refuses = "off"
        return duration_s

    light.sleep(1.0, wait)
    assert iw.modes == {"wlan0": "on"}
    iw.refuses = ""
    light.sleep(1.0, lambda duration_s: duration_s)
    assert iw.modes == {"wlan0": "off"}
