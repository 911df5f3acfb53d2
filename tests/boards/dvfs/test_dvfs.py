"""DVFS: what is set stands, what cannot be set says why, and all is put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from boards import board_ids, load_board
from boards.dvfs import Dial, Throttled, open_throttle
from boards.dvfs.cpufreq import CpuFreq
from boards.dvfs.devfreq import DevFreq
from boards.dvfs.nvpmodel import NvpModel, models_of
from node.errors import HardwareError
from tests.boards.dvfs.kernel import CONF, CPU, GPU, ClockTree, fit_nvpmodel

if TYPE_CHECKING:
    from pathlib import Path

    from node.hal import Mode

GOVERNORS: dict[Mode, str] = {"powersave": "powersave", "balanced": "ondemand", "performance": "performance"}
GLOBS = ("/sys/class/devfreq/*.gpu", "/sys/class/devfreq/*.ga10b")


@pytest.fixture
def tree(tmp_path: Path) -> ClockTree:
    """A machine whose cpufreq folder is empty."""
    return ClockTree(tmp_path)


@pytest.fixture
def zero(tree: ClockTree) -> ClockTree:
    """A machine with one policy."""
    tree.fit_policy(0)
    return tree


MEANT: dict[Mode, tuple[str, str, str]] = {
    "powersave": ("powersave", "600000", "600000"),
    "balanced": ("ondemand", "600000", "1000000"),
    "performance": ("performance", "1000000", "1000000"),
}


@pytest.mark.parametrize("before", MEANT)
@pytest.mark.parametrize("mode", MEANT)
def test_cpufreq_from_any_mode_to_any_other_stands(zero: ClockTree, before: Mode, mode: Mode) -> None:
    """Up and down, the kernel never sees a least above the most."""
    dial = CpuFreq(zero, GOVERNORS)
    dial.set(before)
    dial.set(mode)
    assert zero.shows() == MEANT[mode]


def test_cpufreq_with_the_writes_in_one_order_is_refused_by_this_kernel(zero: ClockTree) -> None:
    """Negative control: who writes the least first on the way up meets EINVAL here, as on a real one."""
    CpuFreq(zero, GOVERNORS).set("powersave")
    with pytest.raises(HardwareError, match="Invalid argument"):
        zero.write(f"{CPU}/policy0/scaling_min_freq", "1000000")


def test_cpufreq_sets_every_policy_and_restores_each(tree: ClockTree) -> None:
    """big.LITTLE boards have two, found in different states."""
    tree.fit_policy(0)
    tree.fit_policy(4, "schedutil performance powersave ondemand")
    found = tree.shows(0), tree.shows(4)
    dial = CpuFreq(tree, GOVERNORS)
    dial.set("powersave")
    dial.set("performance")
    assert (tree.shows(0), tree.shows(4)) == (MEANT["performance"], MEANT["performance"])
    dial.restore()
    assert (tree.shows(0), tree.shows(4)) == found


@pytest.mark.parametrize(
    ("governors", "mode", "expected"),
    [
        ("performance powersave", "balanced", "powersave"),
        ("performance powersave", "powersave", "powersave"),
        ("schedutil performance", "balanced", "schedutil"),
        ("userspace", "performance", "userspace"),
    ],
    ids=["intel_pstate balanced", "intel_pstate powersave", "no ondemand", "nothing that fits"],
)
def test_cpufreq_without_the_boards_governor_takes_one_that_does_as_much(
    tree: ClockTree, governors: str, mode: Mode, expected: str
) -> None:
    """The range holds, whatever the governor's name."""
    tree.fit_policy(0, governors)
    CpuFreq(tree, GOVERNORS).set(mode)
    assert tree.shows() == (expected, *MEANT[mode][1:])


def test_cpufreq_that_the_firmware_caps_is_told(zero: ClockTree) -> None:
    """A clock that was written and does not stand is an error, with both."""
    zero.cap_khz = 900_000
    with pytest.raises(HardwareError, match="600000 to 1000000 was written, and 600000 to 900000 stands there"):
        CpuFreq(zero, GOVERNORS).set("balanced")


def test_cpufreq_without_the_right_says_so(zero: ClockTree) -> None:
    """All these files are root's."""
    zero.read_only = True
    with pytest.raises(HardwareError, match="right to write"):
        CpuFreq(zero, GOVERNORS).set("powersave")


def test_cpufreq_with_a_file_of_nonsense_names_it(zero: ClockTree) -> None:
    """`<unsupported>` is no clock."""
    zero.put(f"{CPU}/policy0/cpuinfo_max_freq", "<unsupported>")
    with pytest.raises(HardwareError, match="cpuinfo_max_freq: expected a whole number"):
        CpuFreq(zero, GOVERNORS).set("powersave")


def test_throttle_of_a_machine_without_dvfs_refuses_with_its_reason(tree: ClockTree) -> None:
    """An empty folder is a normal answer, as on a virtual machine."""
    throttle = Throttled({"cpu": CpuFreq(tree, GOVERNORS), "gpu": DevFreq(tree, GLOBS)})
    refused = throttle.set("powersave")
    assert refused["cpu"] == f"no DVFS here: /{CPU} holds no policy"
    assert refused["gpu"].startswith("no GPU with clocks here")
    throttle.restore()


@pytest.mark.parametrize(
    ("mode", "span"),
    [
        ("powersave", ("306000000", "306000000")),
        ("balanced", ("306000000", "624750000")),
        ("performance", ("624750000", "624750000")),
    ],
)
def test_devfreq_sets_the_range_and_restores_it(tree: ClockTree, mode: Mode, span: tuple[str, str]) -> None:
    """In Hz, found by the second of two globs."""
    tree.fit_gpu()
    dial = DevFreq(tree, GLOBS)
    dial.set("performance")
    dial.set(mode)
    assert (tree.read(f"{GPU}/min_freq"), tree.read(f"{GPU}/max_freq")) == span
    dial.restore()
    assert (tree.read(f"{GPU}/min_freq"), tree.read(f"{GPU}/max_freq")) == ("306000000", "624750000")


def test_nvpmodel_chooses_by_name_and_reads_back(tree: ClockTree) -> None:
    """MAXN_SUPER is 2 on this module; the default is 1."""
    dial = NvpModel(tree, fit_nvpmodel(tree), "/etc/nvpmodel.conf")
    dial.set("performance")
    assert tree.read("mode") == "2"
    dial.set("balanced")
    dial.restore()
    assert tree.read("mode") == "1"


def test_nvpmodel_that_wants_a_reboot_is_refused(tree: ClockTree) -> None:
    """It returned 0 and kept its mode: a node is not rebooted for a wish."""
    dial = NvpModel(tree, fit_nvpmodel(tree), "/etc/nvpmodel.conf")
    with pytest.raises(HardwareError, match=r"-m 3 \(7W\): mode 1 stands; it wants a reboot"):
        dial.set("powersave")
    assert tree.read("mode") == "1"


def test_nvpmodel_that_may_reboot_is_told_yes(tree: ClockTree) -> None:
    """The operator may allow it."""
    NvpModel(tree, fit_nvpmodel(tree), "/etc/nvpmodel.conf", may_reboot=True).set("powersave")
    assert tree.read("mode") == "3"


def test_nvpmodel_that_fails_and_returns_0_is_caught(tree: ClockTree) -> None:
    """Its word is not believed, only the mode that stands."""
    program = fit_nvpmodel(tree)
    tree.put("stuck", "")
    with pytest.raises(HardwareError, match=r"mode 1 stands; it said 'NVPM ERROR"):
        NvpModel(tree, program, "/etc/nvpmodel.conf").set("performance")


def test_nvpmodel_that_is_not_there_refuses(tree: ClockTree) -> None:
    """A board's file may be used on another machine."""
    assert "no nvpmodel here" in NvpModel(tree, "/nowhere/nvpmodel", "/etc/nvpmodel.conf").refusal()
    tree.put("etc/nvpmodel.conf", CONF)
    with pytest.raises(HardwareError, match="/nowhere/nvpmodel"):
        NvpModel(tree, "/nowhere/nvpmodel", "/etc/nvpmodel.conf").set("performance")


def test_nvpmodel_of_an_empty_file_is_refused() -> None:
    """There is nothing to choose from."""
    with pytest.raises(HardwareError, match="names no POWER_MODEL"):
        models_of("# nothing")


def test_throttle_sets_what_it_can_and_restores_at_its_end(zero: ClockTree) -> None:
    """A Jetson that wants a reboot for its mode still gets its clocks; leaving puts them back."""
    found = zero.shows()
    dials: dict[str, Dial] = {
        "nvpmodel": NvpModel(zero, fit_nvpmodel(zero), "/etc/nvpmodel.conf"),
        "cpu": CpuFreq(zero, GOVERNORS),
    }
    with Throttled(dials) as throttle:
        assert set(throttle.set("powersave")) == {"nvpmodel"}
        assert zero.shows() == MEANT["powersave"]
    assert zero.shows() == found


def test_throttle_that_cannot_restore_says_so(zero: ClockTree, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody is left to mend it, but somebody may read it."""
    throttle = Throttled({"cpu": CpuFreq(zero, GOVERNORS)})
    throttle.set("powersave")
    zero.read_only = True
    throttle.restore()
    assert "cpu is not as it was found" in caplog.text


@pytest.mark.parametrize("board_id", board_ids())
def test_throttle_of_every_board_has_its_dials(tree: ClockTree, board_id: str) -> None:
    """Each board's `[dvfs]` can be opened; its points rise with the clock."""
    board = load_board(board_id)
    throttle = open_throttle(board, board.fittings, tree)
    assert "no DVFS here" in throttle.set("balanced")["cpu"]
    draws = [each.busy_mw for each in throttle.points]
    assert draws == sorted(draws)
