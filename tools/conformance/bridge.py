"""The bridge: a repository on the web, in the place of a gateway. It answers a node's asks, and vouches for nothing."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
import zlib
from collections import deque
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from node.transmit.assembly import MOST_PIECE_BYTES
from node.update.line import MOST_NAMED_BYTES
from node.wire import codec
from node.wire.messages import Ask, File

if TYPE_CHECKING:
    from collections.abc import Sequence

_PATIENCE_S: Final = 10.0


class Bridge:
    """A courier and an inbox, as a line wants them.

    Attributes:
        connected: until the web has no answer; then nothing is on its way any more.

    Args:
        metadata_url: ends in a slash.
    """

    def __init__(self, metadata_url: str) -> None:
        self.connected = True
        self._metadata_url = metadata_url
        self._places: dict[bytes, tuple[str, int]] = {}
        self._answers: deque[File] = deque()
        self._held = ("", b"")

    def place(self, digest: bytes, url: str, size_bytes: int) -> None:
        """Say where a file is that will be asked for by its digest, and how long it should be."""
        self._places[digest] = (url, size_bytes)

    def publish_state(self, kind: str, payload: bytes, *, retain: bool = False) -> None:
        """Take a question; it is never retained."""
        ask = codec.decode(kind, payload)
        assert isinstance(ask, Ask)
        assert not retain, "a node's questions are for now"
        try:
            self._answers.append(self._named(ask) if ask.data else self._stored(ask))
        except OSError:
            self.connected = False

    def attend(self, duration_s: float) -> float:
        """Wait for nothing: the web has answered by now, or never will.

        Returns:
            0.
        """
        del duration_s
        self.connected = False
        return 0.0

    def files(self) -> Sequence[File]:
        """Hand over what came."""
        answers = list(self._answers)
        self._answers.clear()
        return answers

    def _named(self, ask: Ask) -> File:
        name = ask.data.decode().partition(" ")[0]  # what it is like, the web does not know
        data = self._whole(self._metadata_url + name, MOST_NAMED_BYTES)
        packed = zlib.compress(data) if data is not None else b""
        return _piece(ask, hashlib.sha256(packed).digest(), packed)

    def _stored(self, ask: Ask) -> File:
        url, size_bytes = self._places[ask.digest]
        return _piece(ask, ask.digest, self._whole(url, size_bytes) or b"")

    def _whole(self, url: str, most_bytes: int) -> bytes | None:
        """Return what is there, up to a byte too many; the last answer is kept, for it is asked for piece by piece."""
        if self._held[0] != url:
            try:
                with urllib.request.urlopen(url, timeout=_PATIENCE_S) as answer:  # noqa: S310 - its caller's own address
                    self._held = (url, answer.read(most_bytes + 1))
            except urllib.error.HTTPError as error:
                error.close()  # it is the answer's socket, and Python 3.14 tells who leaves it open
                if error.code != HTTPStatus.NOT_FOUND:
                    raise
                return None
        return self._held[1]


def _piece(ask: Ask, digest: bytes, data: bytes) -> File:
    piece = data[ask.offset : ask.offset + min(ask.length or MOST_PIECE_BYTES, MOST_PIECE_BYTES)]
    return File(id=ask.id, digest=digest, offset=ask.offset, size_bytes=len(data), data=piece)
