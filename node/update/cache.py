"""Cache: whole files by their digest, so that nothing is fetched twice.

A file is here under its digest once its bytes are on disk and have been compared with it; there is no list that could
say otherwise. When it was last of use is its own time of change. Which files go when there is no more room is
`node.update.eviction`'s to say.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Final

from node import durable
from node.transmit.assembly import is_whole
from node.update.eviction import Held

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from node.transmit.assembly import Wanted

_BLOCK: Final = 1 << 16
_DRAFT: Final = ".new"


class Cache:
    """A folder of files that are named by their digests."""

    def __init__(self, folder: Path) -> None:
        """Take the place.

        Args:
            folder: nothing else is kept there.
        """
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for draft in folder.glob(f"*{_DRAFT}"):  # the last start ended in the midst of it
            draft.unlink()

    def path(self, digest: str) -> Path:
        """Return where a file of this digest, in hex, is or would be."""
        return self._folder / digest

    def move_in(self, file: Path, digest: str) -> None:
        """Take in a file whose digest was compared, without writing it once more."""
        durable.move(file, self.path(digest))

    def write(self, wanted: Wanted, blocks: Iterable[bytes]) -> bool:
        """Write a file, and keep it where it is the one that is wanted.

        Args:
            wanted: the file.
            blocks: all its bytes, in order.

        Returns:
            Whether it was.

        Raises:
            OSError: the disk refuses; nothing is kept.
        """
        path = self.path(wanted.digest.hex())
        draft = path.with_suffix(_DRAFT)
        try:
            with draft.open("wb") as file:

                def written() -> Iterator[bytes]:
                    for block in blocks:
                        file.write(block)
                        yield block

                whole = is_whole(wanted, written())
                file.flush()
                os.fsync(file.fileno())
            if whole:
                durable.move(draft, path)
            return whole
        finally:
            draft.unlink(missing_ok=True)

    def held(self) -> list[Held]:
        """Return what is here."""
        found = ((path.name, path.stat()) for path in self._folder.iterdir() if not path.suffix)
        return [Held(name=name, size_bytes=stat.st_size, used=stat.st_mtime_ns) for name, stat in found]

    def use(self, digest: str) -> None:
        """Note that a file is of use; one that is elsewhere is none of the cache's."""
        if self.path(digest).exists():
            os.utime(self.path(digest))

    def drop(self, digests: Iterable[str]) -> None:
        """Let files go."""
        for digest in digests:
            self.path(digest).unlink(missing_ok=True)


def digest_of(path: Path) -> str:
    """Return a file's SHA-256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def blocks(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
