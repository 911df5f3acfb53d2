"""A GPU's clocks by the kernel's devfreq: Documentation/ABI/testing/sysfs-class-devfreq. Its governor is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boards.dvfs.span import Span
from node.errors import HardwareError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boards.sleeping.tree import Tree
    from node.hal import Mode


class DevFreq:
    """One GPU; JetPack renames its folder from release to release."""

    def __init__(self, tree: Tree, globs: Sequence[str]) -> None:
        """Look at nothing yet.

        Args:
            tree: the kernel's files.
            globs: where the GPU may be, in the order to try.
        """
        self._tree = tree
        self._globs = globs
        self._found: tuple[int, int] | None = None

    def refusal(self) -> str:
        """Say that there is no such GPU."""
        return "" if self._folder() else f"no GPU with clocks here: none of {', '.join(self._globs)}"

    def set(self, mode: Mode) -> None:
        """Set the range, in Hz.

        Raises:
            HardwareError: it stands otherwise now.
        """
        folder = self._folder()
        listed = self._tree.read(f"{folder}/available_frequencies").split()
        clocks_hz = sorted(int(each) for each in listed if each.isdecimal())
        if not clocks_hz:
            raise HardwareError(f"/{folder}/available_frequencies lists no clock: {' '.join(listed)[:40]!r}")
        least_hz, most_hz = clocks_hz[0], clocks_hz[-1]
        self._found = self._found or self._span().read()
        self._span().set(most_hz if mode == "performance" else least_hz, least_hz if mode == "powersave" else most_hz)

    def restore(self) -> None:
        """Put the range back.

        Raises:
            HardwareError: it stands otherwise now.
        """
        if self._found is not None:
            found, self._found = self._found, None
            self._span().set(*found)

    def _folder(self) -> str:
        return next((found for each in self._globs for found in self._tree.find(each.lstrip("/"))), "")

    def _span(self) -> Span:
        folder = self._folder()
        return Span(self._tree, f"{folder}/min_freq", f"{folder}/max_freq")
