"""A range of clocks in two files of the kernel, the least and the most.

The kernel refuses a least above the most, so the order of the two writes matters: the most first when the new range
lies above the old one, else the least first. Both are read back at the end, when neither stands in the other's way.
"""

from __future__ import annotations

from dataclasses import dataclass

from boards.sleeping.tree import Tree
from node.errors import HardwareError


@dataclass(frozen=True, slots=True)
class Span:
    """Two files.

    Attributes:
        tree: where they are.
        least: the file of the lower end.
        most: the file of the upper end.
    """

    tree: Tree
    least: str
    most: str

    def read(self) -> tuple[int, int]:
        """Return both ends.

        Raises:
            HardwareError: a file does not hold a clock.
        """
        return self.tree.number(self.least), self.tree.number(self.most)

    def set(self, least: int, most: int) -> None:
        """Write both ends, and read them back.

        Raises:
            HardwareError: the kernel refuses one, or another range stands there now.
        """
        _, now_most = self.read()
        writes = [(self.least, least), (self.most, most)]
        for path, value in reversed(writes) if least > now_most else writes:
            self.tree.write(path, str(value))
        if self.read() != (least, most):
            found = " to ".join(map(str, self.read()))
            raise HardwareError(f"/{self.most}: {least} to {most} was written, and {found} stands there")
