"""The denied: names of whom the gateway takes nothing any more, whatever the broker lets through.

The broker asks for a certificate when somebody connects, and never again; until whoever was revoked is thrown out, the
gateway's own list is what counts. It is a file, one name a line, because the operator's command is another process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.identity import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

FILE: Final = "denied"
_NONE: Final = (0, 0, 0)


def write(folder: Path, names: Callable[[], Iterable[str]]) -> None:
    """Replace the list.

    Args:
        folder: of the authority.
        names: asked while nobody else writes, so that of two writers the later one knows the most.

    Raises:
        ConfigError: the disk refuses.
    """
    with files.alone(folder):
        files.write(folder / FILE, "".join(f"{name}\n" for name in names()).encode())


class Denied:
    """The list, as it stands on disk.

    Args:
        folder: of the authority; without a list in it nobody is denied.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._version = _NONE
        self.names: frozenset[str] = frozenset()

    def look(self) -> frozenset[str]:
        """Read it again where it changed; where it cannot be read, what was known counts."""
        try:
            version = files.version(self._path)
            if version != self._version:
                self.names = frozenset(self._path.read_text(encoding="utf-8", errors="replace").split())
                self._version = version
        except FileNotFoundError:
            self.names, self._version = frozenset(), _NONE  # the same file may come back
        except OSError:
            pass
        return self.names
