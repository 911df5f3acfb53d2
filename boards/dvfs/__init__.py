"""DVFS: what clocks a board may run at, by the name of a mode. Three dials, and a board has those that it has.

cpufreq   the processor: governor and range, through the kernel
devfreq   a GPU's range, through the kernel
nvpmodel  a Jetson's power mode, through NVIDIA's own program
span      a range of clocks in two files, in the order that the kernel takes

Each dial reads back what it set. A board without any is a normal board: cpufreq's folder is there and empty on a
virtual machine. What a mode means is the board's to say (`[dvfs]` in its file); when to use which is `node.sleep.dvfs`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol, Self

from boards.dvfs.cpufreq import CpuFreq
from boards.dvfs.devfreq import DevFreq
from boards.dvfs.nvpmodel import NvpModel
from node.errors import HardwareError
from node.hal import OperatingPoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from boards.fittings import Fittings
    from boards.sleeping.tree import Tree
    from node.hal import Board, Mode

log = logging.getLogger(__name__)


class Dial(Protocol):
    """One thing that has clocks."""

    def refusal(self) -> str:
        """Say why it cannot be set here; empty where it can."""
        ...

    def set(self, mode: Mode) -> None:
        """Set it, and read it back.

        Raises:
            HardwareError: it stands otherwise now.
        """
        ...

    def restore(self) -> None:
        """Put it back as it was found; nothing where it was never set.

        Raises:
            HardwareError: it stands otherwise now.
        """
        ...


class Throttled:
    """All dials of a board; satisfies `node.hal.Throttle`. As a context it restores them at its end."""

    def __init__(self, dials: Mapping[str, Dial], points: Sequence[OperatingPoint] = ()) -> None:
        """Take the dials by name; the last one set is the first restored."""
        self.points = tuple(points)
        self._dials = dials

    def set(self, mode: Mode) -> Mapping[str, str]:
        """Set every dial; one that refuses does not keep the others from it.

        Returns:
            Dial to reason, for those that were not set.
        """
        refused = {}
        for name, dial in self._dials.items():
            reason = dial.refusal() or _tried(dial, mode)
            if reason:
                refused[name] = reason
                log.debug("%s is not set to %s: %s", name, mode, reason)
        return refused

    def restore(self) -> None:
        """Put every dial back; what does not go back is said in the log, for nobody is left to mend it."""
        for name, dial in reversed(list(self._dials.items())):
            try:
                dial.restore()
            except HardwareError as error:
                log.warning("%s is not as it was found: %s", name, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.restore()


def _tried(dial: Dial, mode: Mode) -> str:
    try:
        dial.set(mode)
    except HardwareError as error:
        return str(error)
    return ""


def open_throttle(board: Board, fittings: Fittings, tree: Tree) -> Throttled:
    """Put a board's dials together.

    Args:
        board: its idle draw, on top of which cores are busy.
        fittings: its clocks and their figures.
        tree: the kernel's files.
    """
    said = fittings.dvfs
    governors: dict[Mode, str] = {
        "powersave": said.powersave,
        "balanced": said.balanced,
        "performance": said.performance,
    }
    dials: dict[str, Dial] = {"cpu": CpuFreq(tree, governors)}
    if said.nvpmodel:
        dials = {"nvpmodel": NvpModel(tree, said.nvpmodel, said.nvpmodel_conf)} | dials  # it resets the others' ranges
    if said.gpu_devfreq:
        dials["gpu"] = DevFreq(tree, said.gpu_devfreq)
    idle = board.states.get("idle") or board.states["light"]
    points = [
        OperatingPoint(khz=each.khz, busy_mw=idle.power_mw + each.core_mw)
        for each in (fittings.cpu.opp if fittings.cpu else ())
    ]
    return Throttled(dials, points)
