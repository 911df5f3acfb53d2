"""Files: pieces of models and of their metadata, for nodes that ask.

They come from a folder that `torpor models` publishes into: what is asked for by digest from `targets/`, what is asked
for by name from `metadata/`. Metadata travel deflated, and against a file that the node has, where it names one: they
are JSON with much hexadecimal in it, and each node asks for them at each update. The gateway vouches for nothing here;
nodes judge what they get by its signatures.

Each node has a budget of bytes, so that one that asks for ever cannot take the link from the others. What is over it is
not answered, and asked for again later.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from gateway.ingest.limit import Limit
from node.wire.messages import File

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.config import Models
    from node.wire.messages import Ask

log = logging.getLogger(__name__)

_NAME: Final = re.compile(r"([0-9]{1,9}\.)?[a-z][a-z0-9_-]{0,63}\.json")
_MOST_BYTES: Final = 61_440
"""Of a piece: with what stands around it in a File, and the topic, inside the 64 KiB of a message."""
_NOBODY: Final = bytes(32)
"""The digest of a file that is not here: its answer is empty."""


class Files:
    """Answers asks for pieces.

    Args:
        params: where the folder is, and what a node may draw from it.
    """

    def __init__(self, params: Models) -> None:
        self._folder = params.folder
        self._limit = Limit(params.kib_per_s, params.burst_kib)
        self._packed: dict[tuple[Path, Path | None], tuple[int, bytes]] = {}

    def answer(self, node: str, ask: Ask, now_ms: int) -> File | None:
        """Return the piece that a node asks for.

        Args:
            node: who asks.
            ask: by name where `data` holds one, else by digest.
            now_ms: the time.

        Returns:
            The piece; one of a file without bytes where there is no such file; None over the node's budget.
        """
        length = min(ask.length or _MOST_BYTES, _MOST_BYTES)
        try:
            digest, size_bytes, data = self._named(ask, length) if ask.data else self._stored(ask, length)
        except OSError as error:
            if not isinstance(
                error, FileNotFoundError
            ):  # one that is missing is asked for at every poll: the next root
                log.warning("%s cannot be read for %s: %s", error.filename, node, error.strerror)
            digest, size_bytes, data = _NOBODY, 0, b""
        if not self._limit.allows(node, len(data), now_ms):
            return None
        return File(id=ask.id, digest=digest, offset=ask.offset, size_bytes=size_bytes, data=data)

    def _stored(self, ask: Ask, length: int) -> tuple[bytes, int, bytes]:
        if not ask.digest:
            return _NOBODY, 0, b""
        path = self._folder / "targets" / ask.digest.hex()
        with path.open("rb") as file:
            size_bytes = file.seek(0, 2)
            if ask.offset == 0:  # once a file and node: its time of change says when it was last of use
                with suppress(OSError):
                    os.utime(file.fileno())
            file.seek(min(ask.offset, size_bytes))
            return ask.digest, size_bytes, file.read(length)

    def _named(self, ask: Ask, length: int) -> tuple[bytes, int, bytes]:
        name, _, like = ask.data[:160].decode("ascii", "replace").partition(" ")
        if not _NAME.fullmatch(name):
            return _NOBODY, 0, b""
        metadata = self._folder / "metadata"
        base = metadata / like if _NAME.fullmatch(like) else None
        packed = self._deflated(metadata / name, base if base and base.exists() else None)
        return hashlib.sha256(packed).digest(), len(packed), packed[ask.offset : ask.offset + length]

    def _deflated(self, path: Path, base: Path | None) -> bytes:
        """Return a file deflated, against another if there is one; kept, because a whole fleet asks for the same."""
        changed_ns = path.stat().st_mtime_ns
        kept = self._packed.get((path, base))
        if kept is None or kept[0] != changed_ns:
            if len(self._packed) > 64:
                self._packed.clear()
            kept = self._packed[path, base] = (changed_ns, _packed(path, base))
        return kept[1]


def _packed(path: Path, base: Path | None) -> bytes:
    coder = zlib.compressobj(9, zdict=base.read_bytes()) if base else zlib.compressobj(9)
    return coder.compress(path.read_bytes()) + coder.flush()
