"""The processor's clocks by the kernel's cpufreq: Documentation/admin-guide/pm/cpufreq.rst.

A mode is a governor and a range. The range is what holds: `powersave` is the lowest clock for most drivers and a
dynamic governor for intel_pstate, so both ends are set to the clock that is meant. `scaling_setspeed` was not taken:
it wants the `userspace` governor, which many kernels do not have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from boards.dvfs.span import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boards.sleeping.tree import Tree
    from node.hal import Mode

POLICIES: Final = "sys/devices/system/cpu/cpufreq"
DYNAMIC: Final = ("schedutil", "ondemand", "conservative")
"""Governors that follow the load, the best first."""


@dataclass(frozen=True, slots=True)
class _Found:
    """How a policy was found."""

    governor: str
    least_khz: int
    most_khz: int


class CpuFreq:
    """All policies at once: the cores of a node work for one loop."""

    def __init__(self, tree: Tree, governors: Mapping[Mode, str]) -> None:
        """Look at nothing yet.

        Args:
            tree: the kernel's files.
            governors: the board's governor for each mode; where the kernel does not have it, one that does as much.
        """
        self._tree = tree
        self._governors = governors
        self._found: dict[str, _Found] = {}

    def refusal(self) -> str:
        """Say that there is no DVFS here, which is a normal answer."""
        return "" if self._policies() else f"no DVFS here: /{POLICIES} holds no policy"

    def set(self, mode: Mode) -> None:
        """Set every policy; an offline core has none, and is passed over.

        Raises:
            HardwareError: one stands otherwise now.
        """
        for policy in self._policies():
            least_khz, most_khz = (self._tree.number(f"{policy}/cpuinfo_{end}_freq") for end in ("min", "max"))
            span = {
                "powersave": (least_khz, least_khz),
                "balanced": (least_khz, most_khz),
                "performance": (most_khz, most_khz),
            }[mode]
            self._remember(policy)
            self._put(policy, self._governor(policy, mode), *span)

    def restore(self) -> None:
        """Put back governors and ranges.

        Raises:
            HardwareError: one stands otherwise now.
        """
        for policy in self._policies():
            if policy in self._found:
                found = self._found.pop(policy)
                self._put(policy, found.governor, found.least_khz, found.most_khz)

    def _policies(self) -> list[str]:
        return self._tree.find(f"{POLICIES}/policy*")

    def _remember(self, policy: str) -> None:
        if policy not in self._found:
            least_khz, most_khz = _span(self._tree, policy).read()
            self._found[policy] = _Found(self._tree.read(f"{policy}/scaling_governor"), least_khz, most_khz)

    def _put(self, policy: str, governor: str, least_khz: int, most_khz: int) -> None:
        self._tree.set(f"{policy}/scaling_governor", governor)
        _span(self._tree, policy).set(least_khz, most_khz)

    def _governor(self, policy: str, mode: Mode) -> str:
        """Choose what the kernel has: the board's word, else one that follows the load, else the one that is set.

        With both ends of the range at one clock, the governor has nothing left to govern.
        """
        available = self._tree.read(f"{policy}/scaling_available_governors").split()
        wanted = (self._governors[mode], *(DYNAMIC if mode == "balanced" else ()))
        now = self._tree.read(f"{policy}/scaling_governor")
        if mode == "balanced" and "powersave" in available:
            now = "powersave"  # intel_pstate and amd-pstate have no other that follows the load
        return next((each for each in wanted if each in available), now)


def _span(tree: Tree, policy: str) -> Span:
    return Span(tree, f"{policy}/scaling_min_freq", f"{policy}/scaling_max_freq")
