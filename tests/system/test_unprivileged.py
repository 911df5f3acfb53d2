"""A node without rights, and the files of the kernel that its units lend it.

systemd-tmpfiles itself hands them over, below a root that is a kernel in a folder; then a user who is nobody uses every
mechanism there is.
"""

from __future__ import annotations

import grp
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

import pytest

from boards.sim.clock import VirtualClock
from boards.sim.kernel import SimTree
from boards.sleeping.savings import SAVINGS
from node.config import load_strictly
from node.setup import rights
from node.sleep.planner import Saving
from tests.imports import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

TMPFILES: Final = shutil.which("systemd-tmpfiles")
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or TMPFILES is None, reason="needs root, to become nobody, and systemd-tmpfiles"
)
NODE: Final = '[node]\nsite = "s"\nname = "n1"\n[sense.h]\npart = "host"\n'
ALL: Final = (
    '[sleep]\ndeepest = "suspend"\nsavings = ["governor", "cores", "wifi", "bluetooth", "hdmi", "usb"]\n'
    '[dvfs]\nmode = "auto"\n'
)
FILES: Final = {
    "sys/power/state": "freeze mem",
    "sys/power/mem_sleep": "[s2idle] deep",
    "sys/devices/system/cpu/cpu1/online": "1",
    "sys/class/rfkill/rfkill0/soft": "0",
    "sys/class/rfkill/rfkill0/type": "wlan",
    "sys/class/rfkill/rfkill1/soft": "0",
    "sys/class/rfkill/rfkill1/type": "bluetooth",
    "sys/class/drm/card0-HDMI-A-1/status": "connected",
    "sys/bus/usb/devices/1-1/power/control": "on",
    "sys/class/devfreq/1.gpu/available_frequencies": "100 200",
    "sys/class/devfreq/1.gpu/min_freq": "100",
    "sys/class/devfreq/1.gpu/max_freq": "200",
}
POLICY: Final = {
    "scaling_governor": "schedutil",
    "scaling_available_governors": "powersave schedutil",
    "scaling_min_freq": "600000",
    "scaling_max_freq": "1000000",
    "cpuinfo_min_freq": "600000",
    "cpuinfo_max_freq": "1000000",
}


@pytest.fixture
def machine() -> Iterator[Path]:
    """A machine whose kernel files are root's, as they are after a boot."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        tree = SimTree(root, VirtualClock())
        tree.fit_rtc()
        tree.fit(FILES)
        tree.fit({f"sys/devices/system/cpu/cpufreq/policy0/{name}": text for name, text in POLICY.items()})
        yield root


def lend(root: Path, text: str) -> None:
    """Have systemd-tmpfiles do what a configuration's file says, for nobody's group."""
    (root / "etc").mkdir()
    for name in ("passwd", "group"):
        shutil.copy(f"/etc/{name}", root / "etc")
    (root / "node.toml").write_text(NODE + text)
    conf = root / "torpor-node.conf"
    conf.write_text(
        rights.lines(load_strictly(root / "node.toml"), grp.getgrgid(pwd.getpwnam("nobody").pw_gid).gr_name)
    )
    subprocess.run(["systemd-tmpfiles", "--create", f"--root={root}", str(conf)], check=True)


def refused(root: Path) -> dict[str, str]:
    """Return what nobody is refused."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.system.unprivileged", str(root)],
        cwd=root,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_node_without_rights_can_do_all_that_it_is_lent(machine: Path) -> None:
    """Alarm, suspend, clocks and every saving that is a file: none needs more than its files."""
    lend(machine, ALL)
    assert refused(machine) == {}


def test_node_without_rights_can_do_nothing_that_it_is_not_lent(machine: Path) -> None:
    """Negative control: a node that only waits is lent nothing, and is refused everything."""
    lend(machine, "")
    found = refused(machine)
    assert found.keys() == {"alarm", "disarm", "suspend", "cpu", "gpu", *SAVINGS}
    assert all("the node needs the right to write there" in each for each in found.values())


def test_node_is_lent_what_its_configuration_names_alone(machine: Path) -> None:
    """Who saves on USB may not suspend the machine."""
    lend(machine, '[sleep]\nsavings = ["usb"]\n')
    assert refused(machine).keys() == {"alarm", "disarm", "suspend", "cpu", "gpu", *SAVINGS} - {"usb"}


def test_every_saving_is_lent_its_own_file() -> None:
    """What the board's mechanism writes is what the node asks for: no saving is forgotten."""
    assert set(rights.SAVINGS) == set(get_args(Saving))
    assert {name: (f"/{each.pattern}",) for name, each in SAVINGS.items()} == {
        name: globs for name, globs in rights.SAVINGS.items() if globs
    }
