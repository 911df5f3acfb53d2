"""The kernel's files below a root: read, set, read back.

A write that the kernel took is not yet a setting: firmware may know better, another daemon may be quicker. So what is
set here is read again, and a difference is an error like any other.
"""

from __future__ import annotations

from pathlib import Path

from node.errors import HardwareError


class Tree:
    """Files named from the root without a leading slash, such as `sys/power/state`."""

    def __init__(self, root: Path = Path("/")) -> None:
        """Look at nothing yet.

        Args:
            root: where `sys` and `proc` are.
        """
        self.root = root

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return (self.root / path).exists()

    def find(self, pattern: str) -> list[str]:
        """Name the files that a glob finds, in order."""
        return sorted(str(each.relative_to(self.root)) for each in self.root.glob(pattern))

    def read(self, path: str) -> str:
        """Return a file's one line.

        Raises:
            HardwareError: it is not there, not ours to read, or its driver reports an error.
        """
        try:
            return self._take(path).strip()
        except OSError as error:
            raise HardwareError(f"/{path}: {error.strerror or error}") from error

    def number(self, path: str) -> int:
        """Return the whole number that a file holds, 0 or above.

        Raises:
            HardwareError: as for `read`, or it holds something else; an empty file is what a driver in trouble leaves.
        """
        text = self.read(path)
        if not text.isdecimal():
            raise HardwareError(f"/{path}: expected a whole number, got {text[:40]!r}")
        return int(text)

    def write(self, path: str, text: str) -> None:
        """Give a file a line.

        Raises:
            HardwareError: the kernel refuses it.
        """
        try:
            self._put(path, text)
        except OSError as error:
            right = "; the node needs the right to write there" if isinstance(error, PermissionError) else ""
            raise HardwareError(f"/{path}: {error.strerror or error} at {text!r}{right}") from error

    def set(self, path: str, text: str, shows: str | None = None) -> None:
        """Write, and read back.

        Args:
            path: which file.
            text: what is written.
            shows: what it reads afterwards; None for `text` itself.

        Raises:
            HardwareError: the kernel refuses it, or it reads otherwise.
        """
        self.write(path, text)
        expected, found = text if shows is None else shows, self.read(path)
        if found != expected:
            raise HardwareError(f"/{path}: {text!r} was written, and {found[:40]!r} stands there, not {expected!r}")

    def _take(self, path: str) -> str:
        return (self.root / path).read_text(errors="replace")

    def _put(self, path: str, text: str) -> None:
        """Write in one call to an existing file, as the kernel's files want it; nothing is created or cut off."""
        with (self.root / path).open("r+b", buffering=0) as file:
            file.write(text.encode())
