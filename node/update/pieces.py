"""Pieces: files that arrive over many wakes, each named by its digest.

Bytes go to disk before the bit that says so; after a power cut nothing is believed to be here that is not, and nothing
is asked for again whose bit was written. One piece is on its way at a time, so that a link that breaks costs no more.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Final

from node import durable
from node.errors import WireError
from node.transmit.assembly import is_whole, resume, take
from node.update.eviction import Held

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from node.transmit.assembly import Assembly, Wanted
    from node.update.line import Line

log = logging.getLogger(__name__)

_BLOCK: Final = 1 << 16


class Pieces:
    """A folder of files that are on their way."""

    def __init__(self, folder: Path) -> None:
        """Take the place.

        Args:
            folder: nothing else is kept there.
        """
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, wanted: Wanted) -> Path:
        """Return where a file gathers."""
        return self._folder / f"{wanted.digest.hex()}.part"

    def share(self, wanted: Wanted) -> float:
        """Return how much of a file is here, 0 to 1."""
        return self._assembly(wanted).here_bytes / wanted.size_bytes

    def is_complete(self, wanted: Wanted) -> bool:
        """Whether all of it is here; `is_whole` says whether it is what was wanted."""
        return self._assembly(wanted).is_complete

    def fetch(self, wanted: Wanted, line: Line) -> None:
        """Ask for what is missing until nothing is.

        Raises:
            LinkError: not all of it came; what did stays.
            OSError: the disk refuses.
        """
        assembly = self._assembly(wanted)
        if assembly.is_complete:
            return
        with self.path(wanted).open("r+b" if self.path(wanted).exists() else "x+b") as file:
            while not assembly.is_complete:
                (gap,) = assembly.missing(1)
                line.ask(wanted.digest, gap.offset, gap.length)
                assembly = self._grown(wanted, assembly, line, file.fileno())

    def _grown(self, wanted: Wanted, assembly: Assembly, line: Line, file: int) -> Assembly:
        """Wait for a piece that was not here, write it, and return what is here with it."""
        while True:
            piece = line.piece()
            try:
                grown = take(assembly, piece.digest, piece.offset, piece.size_bytes, piece.data)
            except WireError as error:  # a late answer to somebody's earlier question, or a stranger's
                log.debug("update: %s", error)
                continue
            if grown is not assembly:
                self._write(file, wanted, grown, piece.offset, piece.data)
                return grown

    def _write(self, file: int, wanted: Wanted, grown: Assembly, offset: int, data: bytes) -> None:
        written = 0
        while written < len(data):
            written += os.pwrite(file, data[written:], offset + written)
        os.fsync(file)
        durable.write(self._bits(wanted), grown.dump())

    def is_whole(self, wanted: Wanted) -> bool:
        """Whether the bytes on disk are those that were wanted."""
        try:
            return is_whole(wanted, self._blocks(wanted))
        except OSError:
            return False

    def _blocks(self, wanted: Wanted) -> Iterator[bytes]:
        with self.path(wanted).open("rb") as file:
            while block := file.read(_BLOCK):
                yield block

    def forget(self, digests: Collection[str]) -> None:
        """Forget files, by their digests in hex, or what is here of them."""
        for digest in digests:
            for path in self._folder.glob(f"{digest}.*"):
                path.unlink()

    def held(self) -> list[Held]:
        """Return what is here, whole or in part."""
        found = ((path.stem, path.stat()) for path in self._folder.glob("*.part"))
        return [Held(name=name, size_bytes=stat.st_size, used=stat.st_mtime_ns) for name, stat in found]

    def _assembly(self, wanted: Wanted) -> Assembly:
        try:
            return resume(wanted, self._bits(wanted).read_bytes() if self.path(wanted).exists() else b"")
        except FileNotFoundError:
            return resume(wanted, b"")

    def _bits(self, wanted: Wanted) -> Path:
        return self._folder / f"{wanted.digest.hex()}.bits"
