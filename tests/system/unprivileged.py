"""Becomes nobody, uses every mechanism below a root, and tells what was refused, by name.

python -m tests.system.unprivileged ROOT
"""

from __future__ import annotations

import json
import os
import pwd
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from boards.dvfs.cpufreq import CpuFreq
from boards.dvfs.devfreq import DevFreq
from boards.sim.clock import VirtualClock
from boards.sim.kernel import SimTree
from boards.sleeping.rtc import Rtc
from boards.sleeping.savings import SAVINGS, Light
from boards.sleeping.suspend import Suspend
from node.errors import HardwareError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from boards.dvfs import Dial


def turns(dial: Dial) -> None:
    """Turn a dial and put it back."""
    dial.set("powersave")
    dial.restore()


def mechanisms(tree: SimTree, clock: VirtualClock) -> Iterator[tuple[str, Callable[[], object]]]:
    """Name all that a node may do to its machine."""
    yield "alarm", lambda: Rtc(tree).arm(60.0)
    yield "disarm", lambda: Rtc(tree).disarm()
    yield "suspend", lambda: Suspend(tree, Rtc(tree), clock, variant="deep").sleep(60.0)
    yield "cpu", lambda: turns(CpuFreq(tree, {"powersave": "powersave"}))
    yield "gpu", lambda: turns(DevFreq(tree, ["/sys/class/devfreq/*.gpu"]))


def become(name: str) -> None:
    """Become a user without rights, for good; not at exec, for he may not reach the interpreter."""
    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)


def main() -> None:
    """Try each, and each saving of light sleep."""
    become("nobody")
    clock = VirtualClock()
    tree = SimTree(Path(sys.argv[1]), clock)
    refused = {}
    for name, use in mechanisms(tree, clock):
        try:
            use()
        except HardwareError as error:
            refused[name] = str(error)
    for name in SAVINGS:
        light = Light(tree, [name])
        light.sleep(1.0, lambda duration_s: duration_s)
        refused |= light.refused
    json.dump(refused, sys.stdout)


if __name__ == "__main__":
    main()
